/** GET /v1/hardware: the catalogue of processor models. */
import { toList } from '../../shared/core/wire.ts';
import { models } from '../../shared/market/catalogue.ts';
import { hardwareModelToJson } from '../../shared/market/schemas.ts';

export const listHardware = async () => toList(models.map(hardwareModelToJson), undefined);
