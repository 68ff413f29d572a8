/** How one kind of resource of the emulator is looked at, and what of it can be set. */

type Properties = Readonly<Record<string, unknown>>;

/** How one resource type is looked at. `asked` are the template's properties. */
export interface ResourceKind {
  /** What exists, under the names of the template's properties. */
  read(physicalId: string, asked: Properties): Promise<Properties>;
  /** Sets one property to what the template asks for, given that property and all of them. */
  readonly set?: Readonly<
    Record<string, (physicalId: string, asked: never, all: Properties) => Promise<unknown>>
  >;
}
