/** Counts what a job has done, says so a few times a second, and sums up. */
import type { FeaturePlan, FeatureStage, LanguageEvent } from '#contract/languageMessages';

const INTERVAL_MS = 200;

export class FeatureProgress {
  readonly #publish: (event: LanguageEvent) => void;
  readonly #start = performance.now();
  readonly #abandoned: { photo: string; message: string }[] = [];
  #plan: FeaturePlan | null = null;
  #totals: Record<FeatureStage, number> = { preview: 0, crops: 0 };
  #done: Record<FeatureStage, number> = { preview: 0, crops: 0 };
  #stage: FeatureStage = 'preview';
  #photo = '';
  #crops = 0;
  #cropsLeft = 0;
  #cropSeconds = 0;
  #previewSeconds = 0;
  #encoderSeconds = 0;
  #last = -Infinity;

  constructor(publish: (event: LanguageEvent) => void) {
    this.#publish = publish;
  }

  begin(plan: FeaturePlan, totals: Record<FeatureStage, number>): void {
    this.#plan = plan;
    this.#totals = totals;
    this.#cropsLeft = plan.cropsTotal;
  }

  /** Work on a photo begins. */
  photo(stage: FeatureStage, name: string): void {
    this.#stage = stage;
    this.#photo = name;
  }

  /** @param seconds  since the last batch */
  batch(crops: number, seconds: number): void {
    this.#crops += crops;
    this.#cropsLeft -= crops;
    this.#cropSeconds += seconds;
    this.#encoderSeconds += seconds;
    this.#say(false);
  }

  photoDone(stage: FeatureStage, seconds: number): void {
    this.#done[stage]++;
    if (stage === 'preview') {
      this.#previewSeconds += seconds;
      this.#encoderSeconds += seconds;
    }
    this.#say(this.#done[stage] === this.#totals[stage]);
  }

  /** A photo is given up; its crops will not come. */
  abandon(photo: string, message: string, crops: number): void {
    this.#abandoned.push({ photo, message });
    this.#cropsLeft = Math.max(0, this.#cropsLeft - crops);
  }

  #say(always: boolean): void {
    const now = performance.now();
    if (this.#plan === null || (!always && now - this.#last < INTERVAL_MS)) return;
    this.#last = now;
    const { cropsTotal } = this.#plan;
    this.#publish({
      type: 'progress',
      stage: this.#stage,
      photo: this.#photo,
      photos: this.#done[this.#stage],
      photosTotal: this.#totals[this.#stage],
      crops: this.#crops,
      cropsTotal,
      cropsPerSecond: this.#cropSeconds > 0 ? this.#crops / this.#cropSeconds : 0,
      etaSeconds: this.#secondsLeft(this.#plan),
      cpuSeconds: cpuSeconds(),
      memoryBytes: process.memoryUsage.rss(),
    });
  }

  /** From what was measured so far; before the first crop, from the plan. */
  #secondsLeft({ seconds, cropsTotal }: FeaturePlan): number {
    const { preview: previews } = this.#done;
    const left = Math.max(0, this.#totals.preview - previews);
    const previewsLeft = previews > 0 ? (left * this.#previewSeconds) / previews : 0;
    if (this.#crops > 0) return (this.#cropsLeft * this.#cropSeconds) / this.#crops;
    if (cropsTotal === 0) return previewsLeft;
    return Math.max(previewsLeft, seconds - this.#previewSeconds);
  }

  /** @param cached  photos that needed nothing. @param diskBytes  of the cache */
  finish(cached: number, complete: boolean, diskBytes: number): void {
    const flops = this.#plan?.clip.flops ?? null;
    const passes = (this.#plan?.dino.flops ?? 0) * (this.#plan?.dino.passes ?? 0) + (flops ?? 0);
    this.#publish({
      type: 'finished',
      complete,
      photos: cached + this.#done.crops,
      cached,
      abandoned: this.#abandoned,
      crops: this.#crops,
      cropsPerSecond: this.#cropSeconds > 0 ? this.#crops / this.#cropSeconds : 0,
      flops: this.#plan === null ? 0 : flops === null ? null : flops * this.#crops + passes * this.#done.preview,
      encoderSeconds: this.#encoderSeconds,
      wallSeconds: (performance.now() - this.#start) / 1000,
      cpuSeconds: cpuSeconds(),
      peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
      diskBytes,
    });
  }
}

/** User + system time of this process. */
function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
