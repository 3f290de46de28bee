/**
 * Draws the program's icons into out/icons/, from the mark that the page shows: a dark plate with rounded corners, the mark in its
 * middle (the proportions of the macOS grid: plate 824 of 1024, corner 185). Linux takes the sizes as they are; electron-builder
 * makes icns and ico from the largest.
 *
 *   node resources/packaging/icons.mjs
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';

const root = join(import.meta.dirname, '../..');
const folder = join(root, 'out/icons');
const sizes = [16, 24, 32, 48, 64, 128, 256, 512, 1024];

/** The mark's own drawing, 32 units wide, without its frame. */
const mark = readFileSync(join(root, 'src-renderer/assets/mark.svg'), 'utf8').replace(/<\/?svg[^>]*>/g, '');
const drawing = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1024 1024">
<rect x="100" y="100" width="824" height="824" rx="185" fill="#121212"/>
<g transform="translate(232 232) scale(17.5)">${mark}</g>
</svg>`;

mkdirSync(folder, { recursive: true });
for (const size of sizes) {
  // The density at which the drawing comes out at its size: 72 dpi is one unit a pixel.
  await sharp(Buffer.from(drawing), { density: (72 * size) / 1024 })
    .resize(size, size)
    .png({ compressionLevel: 9 })
    .toFile(join(folder, `${size}x${size}.png`));
}
