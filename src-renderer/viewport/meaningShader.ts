/**
 * What a pixel answers: R_s, blended from the S_G of the splats, looked up in the trainer's table of cells (#contract/frame, `cells`).
 *
 *   R̂ = R_s / ‖R_s‖,   c = the centre with the largest ⟨R̂, c⟩ in the two nearest groups,   score = clamp(value + ⟨slope, R̂ − c⟩, 0, 1)
 *
 * The score is in red; alpha is 1 where anything was blended.
 */
export const meaningFragmentShader = /* glsl */ `
precision highp float;
precision highp int;
uniform sampler2D first;  // Σ w·S_G, three numbers each
uniform sampler2D second;
uniform sampler2D third;
uniform sampler2D cells;  // a column a cell, and a group
uniform int groups;
in vec2 vAt;
layout(location = 0) out vec4 result;

void main() {
  ivec2 at = ivec2(gl_FragCoord.xy);
  vec3 a = texelFetch(first, at, 0).rgb;
  vec3 b = texelFetch(second, at, 0).rgb;
  vec3 c = texelFetch(third, at, 0).rgb;
  vec4 low = vec4(a, b.r);
  vec4 high = vec4(b.gb, c.rg);
  float size = sqrt(dot(low, low) + dot(high, high));
  if (size < 1e-6) {
    result = vec4(0.0);
    return;
  }
  low /= size;
  high /= size;
  int nearest = 0;
  int second = 0;
  float most = -2.0;
  float next = -2.0;
  for (int g = 0; g < groups; g++) {
    float near = dot(low, texelFetch(cells, ivec2(g, 5), 0)) + dot(high, texelFetch(cells, ivec2(g, 6), 0));
    if (near > most) {
      next = most;
      second = nearest;
      most = near;
      nearest = g;
    } else if (near > next) {
      next = near;
      second = g;
    }
  }
  most = -2.0;
  int cell = 0;
  for (int turn = 0; turn < 2; turn++) {
    vec4 range = texelFetch(cells, ivec2(turn == 0 ? nearest : second, 7), 0);
    int end = int(range.y);
    for (int k = int(range.x); k < end; k++) {
      float near = dot(low, texelFetch(cells, ivec2(k, 0), 0)) + dot(high, texelFetch(cells, ivec2(k, 1), 0));
      if (near > most) {
        most = near;
        cell = k;
      }
    }
  }
  vec4 lowCentre = texelFetch(cells, ivec2(cell, 0), 0);
  vec4 highCentre = texelFetch(cells, ivec2(cell, 1), 0);
  float score = texelFetch(cells, ivec2(cell, 4), 0).r
    + dot(texelFetch(cells, ivec2(cell, 2), 0), low - lowCentre)
    + dot(texelFetch(cells, ivec2(cell, 3), 0), high - highCentre);
  result = vec4(clamp(score, 0.0, 1.0), 0.0, 0.0, 1.0);
}
`;
