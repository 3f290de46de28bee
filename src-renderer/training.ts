/** Going on with what is open: from its newest checkpoint where there is one, else from the start. */
import { useStudio } from './stores/studio';

export function resumeOrStart(): Promise<boolean> {
  const studio = useStudio();
  const resume = studio.state?.saved != null || studio.state?.failure?.checkpointStep != null;
  return studio.command({ type: 'train', settings: {}, resume, paused: false });
}

/** Steps that a finished run is given on top: a third of its length. */
export function moreSteps(): number {
  const { settings, trainer } = useStudio().state ?? {};
  return Math.max(100, Math.round((settings?.steps ?? trainer?.steps ?? 0) / 300) * 100);
}

export function trainLonger(): Promise<boolean> {
  const studio = useStudio();
  const steps = (studio.state?.settings?.steps ?? studio.trainer?.steps ?? 0) + moreSteps();
  return studio.command({ type: 'train', settings: { steps }, resume: true, paused: false });
}
