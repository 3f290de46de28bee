/** A line of a chart: what it is called, its colour, and its figures, one a step, null where nothing was measured. */
export interface Series {
  readonly name: string;
  /** a token of the look, e.g. --line-a */
  readonly colour: string;
  /** lines of one scale share an axis */
  readonly scale: string;
  /** fixed ends of the axis; what the figures need when absent */
  readonly range?: readonly [number, number];
  readonly values: readonly (number | null)[];
  /** measured now and then: shown with points */
  readonly sparse: boolean;
  readonly write: (value: number) => string;
}
