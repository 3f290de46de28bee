/** Messages of the language process are accepted when they are what they say, and refused otherwise. */
import { describe, expect, it } from 'vitest';
import { languageCommand, languageEvent } from '#contract/languageMessages';

const features = {
  type: 'features',
  capture: '/c',
  features: '/p/features',
  settings: { featureDetail: 'fast' },
  all: false,
  provider: 'cpu',
  memoryBytes: null,
  acceptCost: false,
  planOnly: false,
  pictures: null,
  firstMaps: null,
};

describe('commands', () => {
  it('accepts features and cancel', () => {
    expect(languageCommand.parse(JSON.parse(JSON.stringify(features)))).toEqual(features);
    expect(languageCommand.parse({ type: 'cancel' })).toEqual({ type: 'cancel' });
  });

  it.each([
    ['an unknown command', { type: 'dance' }],
    ['a field too many', { type: 'cancel', now: true }],
    ['an unknown setting', { ...features, settings: { tea: 1 } }],
    ['a setting out of range', { ...features, settings: { cropLevels: 0 } }],
    ['an unknown provider', { ...features, provider: 'abacus' }],
    ['no memory at all', { ...features, memoryBytes: 0 }],
    ['an empty path', { ...features, capture: '' }],
  ])('refuses %s', (_, message) => {
    expect(languageCommand.safeParse(message).success).toBe(false);
  });
});

describe('events', () => {
  const progress = {
    type: 'progress',
    stage: 'crops',
    photo: 'a.jpg',
    photos: 1,
    photosTotal: 2,
    crops: 32,
    cropsTotal: 64,
    cropsPerSecond: 10,
    etaSeconds: 3.2,
    cpuSeconds: 4,
    memoryBytes: 1e8,
  };

  it('accepts progress and refuses NaN, negative counts and unknown stages', () => {
    expect(languageEvent.parse(progress)).toEqual(progress);
    for (const change of [{ etaSeconds: NaN }, { crops: -1 }, { stage: 'dessert' }, { cropsPerSecond: Infinity }])
      expect(languageEvent.safeParse({ ...progress, ...change }).success).toBe(false);
  });

  it('a warning says whether a photo was given up', () => {
    expect(languageEvent.safeParse({ type: 'warning', message: 'm', photo: null }).success).toBe(true);
    expect(languageEvent.safeParse({ type: 'warning', message: 'm' }).success).toBe(false);
  });
});
