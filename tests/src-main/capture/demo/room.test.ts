/** Rooms by their seed: what they hold, that all of it can be seen, and that a seed means one room. */
import { describe, expect, it } from 'vitest';
import { roomCameras } from '../../../../src-main/capture/demo/cameras';
import { allClassNames, allWords, objectKinds } from '../../../../src-main/capture/demo/catalogue';
import { renderView } from '../../../../src-main/capture/demo/render';
import { renderRoom } from '../../../../src-main/capture/demo/renderRoom';
import { buildRoom, type Room } from '../../../../src-main/capture/demo/room';

const names = (room: Room, group: string): string[] =>
  room.instances.filter((instance) => instance.group === group).map(({ name }) => name);

describe('the catalogue', () => {
  it('has kinds enough, each once, and only words that allWords lists', () => {
    expect(objectKinds.length).toBeGreaterThanOrEqual(24);
    const all = allClassNames();
    expect(new Set(all).size).toBe(all.length);
    const words = new Set(allWords());
    for (const name of all) for (const word of name.split(' ')) expect(words.has(word), word).toBe(true);
  });
});

describe('a room', () => {
  it.each([1, 2, 7, 4_000_000_000])('of seed %i holds what every room must show', (seed) => {
    const room = buildRoom(seed, { lightSpacing: 10 });
    const objects = names(room, 'object');
    expect(objects).toHaveLength(20);
    expect(objects.filter((name) => name.endsWith(' mug')).length).toBeGreaterThanOrEqual(2);
    for (const wanted of [/^glass /, /^metal /, / lamp$/, / plant$/, / book$/]) {
      expect(
        objects.some((name) => wanted.test(name)),
        String(wanted),
      ).toBe(true);
    }
    expect(names(room, 'surface')).toEqual(['wall', 'floor', 'ceiling']);
    expect(names(room, 'furniture')).toHaveLength(9);
    // One name, one class, one thing: whoever asks for "red mug" means one.
    expect(new Set(room.classes.map(({ name }) => name)).size).toBe(room.instances.length);
    const known = new Set(allClassNames());
    for (const { name } of room.classes) expect(known.has(name), name).toBe(true);
  });

  it('has as many objects as asked for, at both ends', () => {
    for (const objects of [12, 32]) {
      for (const seed of [3, 4])
        expect(names(buildRoom(seed, { objects, lightSpacing: 10 }), 'object')).toHaveLength(objects);
    }
  });

  it.each([0, 11, 33, 12.5, NaN])('refuses %d objects', (objects) => {
    expect(() => buildRoom(1, { objects })).toThrow(/12 … 32/);
  });

  it('is the same for a seed, and another for another', () => {
    const [a, b, c] = [5, 5, 6].map((seed) => buildRoom(seed, { lightSpacing: 10 }));
    expect(a.instances).toEqual(b.instances);
    expect(Buffer.from(a.scene.tree.triangles.buffer).equals(Buffer.from(b.scene.tree.triangles.buffer))).toBe(true);
    expect(a.instances).not.toEqual(c.instances);
    const size = { width: 32, height: 24 };
    expect(roomCameras(a, 20, size)).toEqual(roomCameras(b, 20, size));
  });

  it('shows every instance in at least four of sixty photos, by at least six of 80×60 pixels', () => {
    for (const seed of [1, 2]) {
      const room = buildRoom(seed, { lightSpacing: 10 });
      const light = new Float32Array(3 * room.scene.lightThin.length);
      const photos = new Uint16Array(256);
      for (const camera of roomCameras(room, 60, { width: 80, height: 60 })) {
        const { instances, depth } = renderView(room.scene, light, camera, { exposure: 1, edgeRays: 0 });
        const pixels = new Uint16Array(256);
        for (const id of instances) pixels[id]++;
        for (let id = 1; id < 256; id++) if (pixels[id] >= 6) photos[id]++;
        // The room is closed, and no camera stands inside anything.
        expect(pixels[0]).toBe(0);
        expect(Math.min(...depth)).toBeGreaterThan(0.15);
      }
      for (const { id, name } of room.instances) expect(photos[id], `seed ${seed}: ${name}`).toBeGreaterThanOrEqual(4);
    }
  });

  it('renders views whose classes are those of their instances', () => {
    const room = buildRoom(9, { objects: 12, lightSpacing: 1 });
    const [view] = renderRoom(room, roomCameras(room, 4, { width: 40, height: 30 }).slice(0, 1), { light: 'quick' });
    const classOf = new Map(room.instances.map(({ id, classId }) => [id, classId]));
    view.classes.forEach((id, i) => expect(id).toBe(classOf.get(view.instances[i])));
    expect(new Set(view.classes).size).toBeGreaterThan(3);
    expect(new Set(view.rgb).size).toBeGreaterThan(50);
  });
});
