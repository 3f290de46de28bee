/**
 * From blended numbers to the picture. Everything is display-referred sRGB, blended and shown as trained: no tone mapping, no
 * conversion.
 *
 *   scalar     LUT(Σ w·u / Σ w), coloured after blending so that the colour bar is true, over the background by Σ w; relevancies by what
 *              the blended S_G answers (meaningShader.ts) wherever that is what is asked
 *   names      the palette's colour of the name (resolveShader), never a mixture of two
 *   mix        colour·(1 − m) + channel·m
 *
 * Left and right of the divider a *side* each: a channel, from the live targets or from an exact picture of the trainer.
 */
import { scalarSlot } from './splatShader';

/** Numbers by which the shader knows a channel. */
export const channelCodes = {
  colour: 0,
  depth: 1,
  opacity: 2,
  uncertainty: 3,
  relevancy: 4,
  components: 5,
  entry: 6,
  class: 7,
  label: 8,
} as const;
export const maskCodes = { off: 0, tint: 1, outline: 2 } as const;

export const fullScreenVertexShader = /* glsl */ `
out vec2 vAt;
void main() {
  vAt = position.xy * 0.5 + 0.5;
  gl_Position = vec4(position.xy, 0.0, 1.0);
}
`;

/** Names: the nearest code of the blended vector, as id/255; alpha 0 where nothing was blended. */
export const RESOLVE_TARGETS = 8;
export const resolveFragmentShader = /* glsl */ `
precision highp float;
precision highp int;
uniform sampler2D blended[${RESOLVE_TARGETS}];
uniform sampler2D codes;
uniform int names;
uniform int targets;
in vec2 vAt;
layout(location = 0) out vec4 result;

void main() {
  ivec2 at = ivec2(gl_FragCoord.xy);
  vec3 v[${RESOLVE_TARGETS}];
${Array.from({ length: RESOLVE_TARGETS }, (_, t) => `  v[${t}] = ${t} < targets ? texelFetch(blended[${t}], at, 0).rgb : vec3(0.0);`).join('\n')}
  float most = 0.0;
  int best = -1;
  for (int n = 0; n < names; n++) {
    float score = 0.0;
    for (int t = 0; t < ${RESOLVE_TARGETS}; t++) {
      if (t >= targets) break;
      score += dot(v[t], texelFetch(codes, ivec2(n, t), 0).rgb);
    }
    if (score > most) {
      most = score;
      best = n;
    }
  }
  result = best < 0 ? vec4(0.0) : vec4(float(best) / 255.0, 0.0, 0.0, 1.0);
}
`;

export const composeFragmentShader = /* glsl */ `
precision highp float;
precision highp int;

struct Side {
  int channel;
  bool exact; // values and alpha are the trainer's
};
// The sixteen textures that this reads are all that WebGL 2 promises a shader: another one has to take the place of one.
uniform Side left;
uniform Side right;
uniform float divider;       // share of the width
uniform sampler2D colours;   // Σ w·rgb, Σ w
uniform sampler2D scalars;   // Σ w·(z, u, relevancy), Σ w
uniform sampler2D principal; // Σ w·components, Σ w
uniform sampler2D answers;   // best score of pixels and whose it is, where answered
uniform bool answered;
uniform sampler2D entryNames;
uniform sampler2D classNames;
uniform sampler2D labelNames;
uniform sampler2D leftValues;
uniform sampler2D leftAlpha;
uniform sampler2D rightValues;
uniform sampler2D rightAlpha;
uniform sampler2D colourMap;
uniform sampler2D entryPalette; // rgb; a: 1 shown, 0.5 grey, 0 hidden
uniform sampler2D classPalette;
uniform sampler2D labelPalette;
uniform sampler2D labelSlots;   // slot / 255 by label number, a row for each high byte
uniform vec2 size;
uniform vec3 background;
uniform vec3 accent;
uniform float mixture;
uniform float threshold;
uniform int mask;
uniform vec2 depthRange;
uniform vec2 leftRange;      // of exact depth
uniform vec2 rightRange;
in vec2 vAt;
layout(location = 0) out vec4 result;

vec3 mapped(float share) {
  return texelFetch(colourMap, ivec2(int(clamp(share, 0.0, 1.0) * 255.0 + 0.5), 0), 0).rgb;
}

vec3 greyed(vec3 colour) {
  return mix(background, vec3(dot(colour, vec3(0.299, 0.587, 0.114))), 0.55);
}

float share16(vec4 bytes) {
  return (bytes.r * 255.0 + bytes.g * 65280.0) / 65535.0;
}

// What a side shows at a place: the scalar in 0 … 1 and Σ w.
vec2 scalarAt(Side side, vec2 at, sampler2D values, sampler2D alphas, vec2 range) {
  if (side.exact) {
    vec2 turned = vec2(at.x, 1.0 - at.y); // pictures come top row first
    float value = share16(texture(values, turned));
    if (side.channel == ${channelCodes.depth})
      value = (mix(range.x, range.y, value) - depthRange.x) / (depthRange.y - depthRange.x);
    return vec2(value, side.channel == ${channelCodes.opacity} ? 1.0 : texture(alphas, turned).r);
  }
  if (side.channel == ${channelCodes.opacity}) return vec2(texture(colours, at).a, 1.0);
  vec4 sum = texture(scalars, at);
  if (side.channel == ${channelCodes.relevancy} && answered) return vec2(texture(answers, at).r, sum.a);
  vec3 mean = sum.rgb / max(sum.a, 1e-6);
  if (side.channel == ${channelCodes.depth})
    return vec2((mean[${scalarSlot.depth}] - depthRange.x) / (depthRange.y - depthRange.x), sum.a);
  return vec2(side.channel == ${channelCodes.uncertainty} ? mean[${scalarSlot.uncertainty}] : mean[${scalarSlot.relevancy}], sum.a);
}

vec3 nameColour(vec4 entry, vec3 picture) {
  if (entry.a < 0.25) return picture;
  return entry.a < 0.75 ? greyed(picture) : entry.rgb;
}

vec3 sideColour(Side side, sampler2D values, sampler2D alphas, vec2 range) {
  vec2 turned = vec2(vAt.x, 1.0 - vAt.y);
  vec4 sum = texture(colours, vAt);
  vec3 live = sum.rgb + (1.0 - sum.a) * background;
  vec3 picture = side.exact && side.channel == ${channelCodes.colour}
    ? texture(values, turned).rgb + (1.0 - texture(alphas, turned).r) * background
    : live;
  if (side.channel == ${channelCodes.colour}) return picture;

  vec3 shown;
  float cover = 1.0;
  if (side.channel == ${channelCodes.components}) {
    vec4 blended = texture(principal, vAt);
    cover = side.exact ? texture(alphas, turned).r : blended.a;
    shown = side.exact ? texture(values, turned).rgb : blended.rgb / max(blended.a, 1e-6);
  } else if (side.channel == ${channelCodes.entry}) {
    vec4 name = side.exact ? vec4(texture(values, turned).r, 0.0, 0.0, 1.0) : texelFetch(entryNames, ivec2(gl_FragCoord.xy), 0);
    cover = side.exact ? texture(alphas, turned).r : sum.a;
    shown = name.a < 0.5 ? greyed(picture) : nameColour(texelFetch(entryPalette, ivec2(int(name.r * 255.0 + 0.5), 0), 0), picture);
  } else if (side.channel == ${channelCodes.class}) {
    // Exact classes are 1-based, 0 none; live ones come as id and whether. Below the threshold a best class is no answer, in both.
    float id;
    bool some;
    if (side.exact) {
      vec4 name = texture(values, turned);
      id = name.r * 255.0 - 1.0;
      some = id > -0.5 && share16(vec4(name.gb, 0.0, 0.0)) >= threshold;
    } else {
      vec4 name = texelFetch(classNames, ivec2(gl_FragCoord.xy), 0);
      vec4 blended = texture(scalars, vAt);
      float score = blended[${scalarSlot.relevancy}] / max(blended.a, 1e-6);
      id = name.a > 0.5 ? name.r * 255.0 : -1.0;
      // Half of the light from splats that a person named is certain; else the pixel's own answer counts.
      if (answered && score >= 0.5) score = 1.0;
      else if (answered) {
        vec4 own = texelFetch(answers, ivec2(gl_FragCoord.xy), 0);
        score = own.r;
        id = own.g - 1.0;
      }
      some = id > -0.5 && score >= threshold;
    }
    cover = side.exact ? texture(alphas, turned).r : sum.a;
    shown = some ? nameColour(texelFetch(classPalette, ivec2(int(id + 0.5), 0), 0), picture) : greyed(picture);
  } else if (side.channel == ${channelCodes.label}) {
    // Exact labels are numbers of two bytes; live ones come as slot, 0 for none. What has no label is the scene as it is.
    vec4 name = side.exact ? texture(values, turned) : texelFetch(labelNames, ivec2(gl_FragCoord.xy), 0);
    float slot = side.exact
      ? texelFetch(labelSlots, ivec2(int(name.r * 255.0 + 0.5), int(name.g * 255.0 + 0.5)), 0).r * 255.0
      : name.r * 255.0;
    float place = slot - 1.0;
    bool some = place > -0.5;
    cover = 1.0;
    shown = some ? nameColour(texelFetch(labelPalette, ivec2(int(place + 0.5), 0), 0), picture) : picture;
  } else {
    vec2 value = scalarAt(side, vAt, values, alphas, range);
    cover = value.y;
    shown = mapped(value.x);
    if (side.channel == ${channelCodes.relevancy} && mask != ${maskCodes.off}) {
      bool inside = value.x >= threshold;
      if (mask == ${maskCodes.tint}) {
        if (!inside) shown = greyed(picture);
      } else {
        vec2 pixel = 1.5 / size;
        bool edge = false;
        for (int k = 0; k < 4; k++) {
          vec2 aside = k == 0 ? vec2(pixel.x, 0.0) : k == 1 ? vec2(-pixel.x, 0.0) : k == 2 ? vec2(0.0, pixel.y) : vec2(0.0, -pixel.y);
          vec2 other = scalarAt(side, vAt + aside, values, alphas, range);
          edge = edge || (other.x >= threshold && other.y > 0.5) != (inside && cover > 0.5);
        }
        if (edge) return accent;
        shown = picture;
      }
    }
  }
  return mix(picture, mix(background, shown, cover), mixture);
}

void main() {
  vec3 colour = vAt.x < divider
    ? sideColour(left, leftValues, leftAlpha, leftRange)
    : sideColour(right, rightValues, rightAlpha, rightRange);
  result = vec4(colour, 1.0);
}
`;
