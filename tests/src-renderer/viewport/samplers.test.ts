/**
 * Textures that a shader reads. WebGL 2 promises 16 to a vertex shader and 16 to a fragment shader (MAX_VERTEX_TEXTURE_IMAGE_UNITS,
 * MAX_TEXTURE_IMAGE_UNITS), and many phones and integrated graphics have no more: one too many, and a shader does not link there.
 */
import { describe, expect, it } from 'vitest';
import {
  composeFragmentShader,
  fullScreenVertexShader,
  RESOLVE_TARGETS,
  resolveFragmentShader,
} from '../../../src-renderer/viewport/composeShader';
import { meaningFragmentShader } from '../../../src-renderer/viewport/meaningShader';
import { splatFragmentShader, splatVertexShader } from '../../../src-renderer/viewport/splatShader';

const PROMISED = 16;

/** Texture units of a shader's source: an array takes one for each of its elements. */
function samplersOf(source: string): number {
  const declared = source.matchAll(/^uniform (?:(?:low|medium|high)p )?[iu]?sampler\w+ +\w+(?:\[(\d+)\])?;/gm);
  return [...declared].reduce((sum, [, length]) => sum + Number(length ?? 1), 0);
}

describe('shaders read no more textures than WebGL 2 promises', () => {
  it('counts samplers, arrays by their length', () => {
    expect(samplersOf('uniform sampler2D a;\nuniform highp usampler2DArray b[3]; // three\nuniform vec2 c;')).toBe(4);
    expect(samplersOf(resolveFragmentShader)).toBe(RESOLVE_TARGETS + 1);
  });

  it.each([
    ['full screen, vertices', fullScreenVertexShader],
    ['compose', composeFragmentShader],
    ['resolve', resolveFragmentShader],
    ['meaning', meaningFragmentShader],
    ['splats, vertices', splatVertexShader()],
    ['splats', splatFragmentShader(RESOLVE_TARGETS)],
  ])('%s', (_, source) => {
    // Whatever declares a sampler in another way would not be counted.
    expect(source.match(/uniform[^;]*sampler/g)?.length ?? 0).toBe(
      source.match(/^uniform (?:(?:low|medium|high)p )?[iu]?sampler/gm)?.length ?? 0,
    );
    expect(samplersOf(source)).toBeLessThanOrEqual(PROMISED);
  });
});
