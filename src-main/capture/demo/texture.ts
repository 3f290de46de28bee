/** Colours of surfaces, as functions of the point in the thing's own frame. */
import { patterns } from './patterns';
import type { Tone } from './patterns';
import { painting, viewOutside } from './scenery';
import type { Surface } from './surface';

/** One at a time: a room has millions of points. */
const tone: Tone = { mix: 0, gain: 1 };

/**
 * The diffuse colour of a surface, in linear light.
 *
 * @param footprint  metres that a pixel covers there
 * @param out        [3]
 */
export function textureColour(
  surface: Surface,
  x: number,
  y: number,
  z: number,
  footprint: number,
  out: Float64Array,
): void {
  const { colour: a, second: b, scenery } = surface;
  if (scenery === 'outside') viewOutside(x / 0.7, z / 0.6, out);
  else if (scenery !== null) painting(scenery, x / 0.33, z / 0.24, out);
  else {
    tone.mix = 0;
    tone.gain = 1;
    patterns[surface.pattern](x, y, z, footprint, tone);
    for (let k = 0; k < 3; k++) out[k] = tone.gain * (a[k] + tone.mix * (b[k] - a[k]));
  }
}
