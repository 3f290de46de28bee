/** Which photo a step looks at: the order of epochs, over the photos that a person has not excluded. */
import { said } from '#contract/sayings';
import type { TrainingSettings } from '#contract/settings';
import { PhotosError } from './failure';
import { ViewOrder } from './photoViews';

export class PhotoChoice {
  readonly #names: readonly string[];
  #order: ViewOrder;
  /** indices of the photos that are trained on; null for all */
  #enabled: readonly number[] | null = null;
  #disabled: readonly string[] = [];

  /** @param names  of all photos, in the capture's order */
  constructor(names: readonly string[], settings: TrainingSettings, disabled: readonly string[]) {
    this.#names = names;
    this.#order = new ViewOrder(names.length, settings);
    if (disabled.length > 0) this.disable(disabled, settings);
  }

  /** Photos that are not trained on, in the capture's order. */
  get disabled(): readonly string[] {
    return this.#disabled;
  }

  /**
   * From the next step on, epochs are of the other photos.
   *
   * @throws PhotosError when a name is no photo of the run, or none would be left
   */
  disable(names: readonly string[], settings: TrainingSettings): void {
    const all = this.#names;
    const off = new Set(names);
    for (const name of off) if (!all.includes(name)) throw new PhotosError(said('notTrainedOn', { photo: name }));
    const enabled = all.map((_, index) => index).filter((index) => !off.has(all[index]));
    if (enabled.length === 0) throw new PhotosError(said('everyPhotoExcluded'));
    this.#disabled = all.filter((name) => off.has(name));
    this.#enabled = off.size > 0 ? enabled : null;
    this.#order = new ViewOrder(enabled.length, settings);
  }

  /** Index of the photo of a 1-based step. */
  at(step: number): number {
    const at = this.#order.at(step);
    return this.#enabled ? this.#enabled[at] : at;
  }
}
