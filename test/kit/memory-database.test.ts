/** The memory database keeps the port's contract, and goes wrong exactly when it is told to. */
import { type Write, WriteRefused } from '../../shared/core/database.ts';
import { databaseContract } from '../stores/database-contract.ts';
import { type Fault, MemoryDatabase, TimeoutError } from '../support/memory-database.ts';

databaseContract('the memory database', () => new MemoryDatabase());

describe('injected faults', () => {
  const write: Write = {
    kind: 'put',
    table: 'ledger',
    key: { pk: 'a', sk: 'b' },
    attributes: {},
    condition: {},
  };
  const setup = (fault: Fault) => {
    const database = new MemoryDatabase();
    database.faultOf = () => fault;
    return database;
  };

  it('a conflict writes nothing and is transient', async () => {
    const database = setup('conflict');
    const error = await database.transact([write], 'token').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(WriteRefused);
    expect((error as WriteRefused).transient).toBe(true);
    expect(database.all('ledger')).toEqual([]);
  });

  it('a conflict that passes is not seen by a single write, one that stays is unavailable', async () => {
    const database = new MemoryDatabase();
    const faults: Fault[] = ['conflict', 'none'];
    database.faultOf = () => faults.shift() ?? 'conflict';
    await database.write(write);
    expect(database.all('ledger')).toHaveLength(1);
    await expect(database.write(write)).rejects.toMatchObject({ code: 'platform.unavailable' });
  });

  it('a lost request writes nothing, a lost answer everything', async () => {
    const lostRequest = setup('lost_request');
    await expect(lostRequest.transact([write], 'token')).rejects.toThrow(TimeoutError);
    expect(lostRequest.all('ledger')).toEqual([]);
    const lostAnswer = setup('lost_answer');
    await expect(lostAnswer.transact([write], 'token')).rejects.toThrow(TimeoutError);
    expect(lostAnswer.all('ledger')).toHaveLength(1);
    await lostAnswer.transact([write], 'token');
    expect(lostAnswer.committed).toBe(1);
  });
});
