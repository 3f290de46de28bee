/**
 * What a pixel answers: R_s, blended from the S_G of the splats, looked up in the trainer's tables (#contract/answerTables).
 *
 *   R̂ = R_s / ‖R_s‖,   cell = the one with the largest ⟨R̂, c⟩ in the two nearest groups,   p = softmax(ℓ + slope·(R̂ − c)),
 *   score of a text = Σ_m p_m·relevancy,   answer = the program's
 *
 * The best score is in red, the question that it answers, 1-based, in green, 0 where every score is 0; alpha is 1 where anything was blended.
 */
import { CELL_ENTRIES, GROUP_ROW, operations, PROGRAM_DEPTH } from '#contract/answerTables';

export const meaningFragmentShader = /* glsl */ `
precision highp float;
precision highp int;
uniform sampler2D first;   // Σ w·S_G, three numbers each
uniform sampler2D second;
uniform sampler2D third;
uniform sampler2D cells;   // a column a cell, and a group
uniform sampler2D texts;   // relevancy of an entry: a row a text
uniform sampler2D program;
uniform int groups;
uniform int steps;         // of the program
in vec2 vAt;
layout(location = 0) out vec4 result;

float nearness(int place, int row, vec4 low, vec4 high) {
  return dot(low, texelFetch(cells, ivec2(place, row), 0)) + dot(high, texelFetch(cells, ivec2(place, row + 1), 0));
}

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

  int near = 0;
  int nextNear = 0;
  float most = -2.0;
  float next = -2.0;
  for (int g = 0; g < groups; g++) {
    float nearby = nearness(g, ${GROUP_ROW}, low, high);
    if (nearby > most) {
      next = most;
      nextNear = near;
      most = nearby;
      near = g;
    } else if (nearby > next) {
      next = nearby;
      nextNear = g;
    }
  }
  most = -2.0;
  int cell = 0;
  for (int turn = 0; turn < 2; turn++) {
    vec4 range = texelFetch(cells, ivec2(turn == 0 ? near : nextNear, ${GROUP_ROW + 2}), 0);
    int end = int(range.y);
    for (int k = int(range.x); k < end; k++) {
      float nearby = nearness(k, 0, low, high);
      if (nearby > most) {
        most = nearby;
        cell = k;
      }
    }
  }

  low -= texelFetch(cells, ivec2(cell, 0), 0);
  high -= texelFetch(cells, ivec2(cell, 1), 0);
  float shares[${CELL_ENTRIES}];
  int entries[${CELL_ENTRIES}];
  float largest = -1e30;
  for (int m = 0; m < ${CELL_ENTRIES}; m++) {
    shares[m] = texelFetch(cells, ivec2(cell, 2 + (m >> 2)), 0)[m & 3] + nearness(cell, 6 + 2 * m, low, high);
    entries[m] = int(texelFetch(cells, ivec2(cell, 4 + (m >> 2)), 0)[m & 3]);
    largest = max(largest, shares[m]);
  }
  float whole = 0.0;
  for (int m = 0; m < ${CELL_ENTRIES}; m++) {
    shares[m] = exp(shares[m] - largest);
    whole += shares[m];
  }

  float waiting[${PROGRAM_DEPTH + 1}];
  int top = 0;
  float question = 0.0;
  float best = 0.0;
  float answered = 0.0;
  for (int k = 0; k < steps; k++) {
    float operation = texelFetch(program, ivec2(k, 0), 0).r;
    if (operation > -0.5) {
      float score = 0.0;
      for (int m = 0; m < ${CELL_ENTRIES}; m++)
        score += shares[m] * texelFetch(texts, ivec2(entries[m], int(operation)), 0).r;
      waiting[top++] = score / whole;
    } else if (operation == float(${operations.not})) {
      waiting[top - 1] = 1.0 - waiting[top - 1];
    } else {
      top--;
      if (operation == float(${operations.and})) waiting[top - 1] = min(waiting[top - 1], waiting[top]);
      else if (operation == float(${operations.or})) waiting[top - 1] = max(waiting[top - 1], waiting[top]);
      else {
        question += 1.0;
        if (waiting[top] > best) {
          best = waiting[top];
          answered = question;
        }
      }
    }
  }
  result = vec4(clamp(best, 0.0, 1.0), answered, 0.0, 1.0);
}
`;
