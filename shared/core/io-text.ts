/** Amounts of IO for people: written, never read back. */

/** `1,234.50` of base units (8 places), rounded down to so many decimal places: 0 to 8. */
export const ioText = (units: bigint, places: number): string => {
  const digits = units.toString().padStart(9, '0');
  const whole = digits.slice(0, -8).replace(/\B(?=(\d{3})+$)/g, ',');
  const fraction = digits.slice(-8, digits.length - 8 + places);
  return fraction === '' ? whole : `${whole}.${fraction}`;
};
