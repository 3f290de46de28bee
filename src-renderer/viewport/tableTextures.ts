/** The trainer's tables of what pixels answer, on the graphics card (#contract/answerTables). */
import { DataTexture, FloatType, NearestFilter, RedFormat, RGBAFormat } from 'three';
import { CELL_ROWS, cellWords, TEXT_WORDS } from '#contract/answerTables';
import type { AnswerTables } from '#contract/answerTables';

function textureOf(
  numbers: Float32Array,
  width: number,
  height: number,
  format: typeof RedFormat | typeof RGBAFormat,
): DataTexture {
  // A view of a frame: its memory is the frame's.
  const texture = new DataTexture(Float32Array.from(numbers), width, height, format, FloatType);
  texture.minFilter = NearestFilter;
  texture.magFilter = NearestFilter;
  texture.needsUpdate = true;
  return texture;
}

export class TableTextures {
  readonly cells: DataTexture;
  readonly texts: DataTexture;
  readonly program: DataTexture;

  constructor({ cells, texts, program }: AnswerTables) {
    this.cells = textureOf(cells, cells.length / cellWords, CELL_ROWS, RGBAFormat);
    this.texts = textureOf(texts, TEXT_WORDS, texts.length / TEXT_WORDS, RedFormat);
    this.program = textureOf(program, program.length, 1, RedFormat);
  }

  dispose(): void {
    this.cells.dispose();
    this.texts.dispose();
    this.program.dispose();
  }
}
