/** A few slots a Gaussian against a full table: exact while labels fit, within the summary's bound when they do not. */
import { describe, expect, it } from 'vitest';
import { Ballots, SLOTS } from '../../../src-main/semantics/ballots';
import { Random } from '../kernels/scenes';

/** Votes of skewed random labels, into the summary and into a full table. */
function election(labels: number, votes: number) {
  const random = new Random(labels);
  const ballots = new Ballots(3);
  const table = new Float64Array(labels + 1);
  for (let i = 0; i < votes; i++) {
    const label = 1 + Math.floor(labels * random.uniform() ** 3);
    const weight = 0.1 + random.uniform();
    ballots.add(1, label, weight);
    table[label] += weight;
  }
  const total = table.reduce((sum, value) => sum + value, 0);
  return { ballots, table, total };
}

describe('ballots', () => {
  it('equal a full table while the labels fit', () => {
    const { ballots, table, total } = election(SLOTS, 400);
    const best = table.indexOf(Math.max(...table));
    const { label, votes } = ballots.winner(1);
    expect(label).toBe(best);
    expect(votes).toBeCloseTo(table[best], 3);
    expect(ballots.total[1]).toBeCloseTo(total, 2);
    expect(ballots.winner(0)).toEqual({ label: 0, votes: 0 });
  });

  it('keep a label with more than a share of the votes among many', () => {
    const { ballots, table, total } = election(200, 3000);
    const { label, votes } = ballots.winner(1);
    const best = table.indexOf(Math.max(...table));
    // 3,000 skewed votes: the first label has 17 % of them, far above 1/16.
    expect(table[best] / total).toBeGreaterThan(1 / SLOTS);
    expect(label).toBe(best);
    expect(votes).toBeGreaterThanOrEqual(table[best] - 1e-2);
    expect(votes).toBeLessThanOrEqual(table[best] + total / SLOTS);
  });

  it('take the lower label of equals, add up scaled, and forget what is cleared', () => {
    const [from, to] = [new Ballots(1), new Ballots(2)];
    from.add(0, 9, 2);
    from.add(0, 4, 2);
    expect(from.winner(0)).toEqual({ label: 4, votes: 2 });
    from.addTo(to, 0, 1, 0.25);
    expect(to.winner(1)).toEqual({ label: 4, votes: 0.5 });
    expect(to.total[1]).toBe(1);
    from.clear(0);
    expect(from.winner(0)).toEqual({ label: 0, votes: 0 });
    expect(from.total[0]).toBe(0);
  });
});
