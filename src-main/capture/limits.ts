/**
 * What a capture may cost before anything in it is believed. Generous for real captures (7,000 photos, 100-megapixel
 * cameras), small enough that a hostile file cannot fill the memory.
 */

/** pixels along one side of a photo; also keeps 255² · side below 2³¹ in the box filter */
export const MAX_SIDE = 32_768;
/** pixels of one photo */
export const MAX_PIXELS = 2 ** 28;
/** photos of one capture */
export const MAX_PHOTOS = 200_000;
/** sparse points of one capture: 15 bytes each once read */
export const MAX_POINTS = 2 ** 26;
/** bytes of a photo's name */
export const MAX_NAME_BYTES = 1024;
/** bytes of one transforms.json */
export const MAX_JSON_BYTES = 64 * 2 ** 20;
/** bytes of a PLY file, which is read whole */
export const MAX_PLY_BYTES = 2 ** 30;
/** world units: farther out, float32 positions stop being positions */
export const MAX_COORDINATE = 1e9;
