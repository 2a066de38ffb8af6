import { describe, expect, it } from 'vitest';
import { WorkflowMemory } from './workflow-memory.ts';

describe('what a process remembers of a refused create', () => {
  it('has the workflow looked at again, even where the wait ended while the status was written', () => {
    const memory = new WorkflowMemory('uid', () => 0.5);
    memory.slotRefused(1_000, memory.freed);
    expect(memory.slotsTaken(1_000)).toBe(true);
    expect(memory.nextLook(1_001)).toBeLessThanOrEqual(50);
    expect(memory.nextLook(9_000)).toBe(1);
  });

  it('is forgotten once a plan was made after the wait', () => {
    const memory = new WorkflowMemory('uid', () => 0.5);
    memory.slotRefused(1_000, memory.freed);
    expect(memory.slotsTaken(9_000)).toBe(false);
    expect(memory.nextLook(9_000)).toBeUndefined();
  });

  it('is forgotten when a slot is freed', () => {
    const memory = new WorkflowMemory('uid', () => 0.5);
    memory.slotRefused(1_000, memory.freed);
    memory.slotFreed();
    expect(memory.slotsTaken(1_000)).toBe(false);
    expect(memory.nextLook(1_000)).toBeUndefined();
  });
});
