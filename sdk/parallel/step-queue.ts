/** What a queue needs to know of a step. */
export interface QueuedStep {
  readonly stepNumber: number;
}

/** How a step is queued. */
export interface EnqueueOptions {
  /** A higher one goes first; default 0. */
  readonly priority?: number;
}

interface Entry<Step> {
  readonly step: Step;
  readonly priority: number;
  readonly sequence: number;
}

/**
 * Steps that wait for a slot: those of a higher priority first, and within one priority first in, first out. A step
 * number is queued once: a second `enqueue` of it changes nothing, so that whatever is found ready at each look can be
 * offered at each look. A binary heap that knows where each step is: `enqueue`, `dequeue` and `remove` take
 * logarithmic time.
 *
 * @example
 * const queue = new StepQueue();
 * queue.enqueue({ stepNumber: 2 });
 * queue.enqueue({ stepNumber: 7 }, { priority: 1 });
 * queue.dequeue()?.stepNumber; // 7
 */
export class StepQueue<Step extends QueuedStep = QueuedStep> {
  readonly #heap: Entry<Step>[] = [];
  /** Where in the heap each step number is. */
  readonly #places = new Map<number, number>();
  #sequence = 0;

  /** False where the step's number is queued already: it keeps its place and its priority. */
  enqueue(step: Step, { priority = 0 }: EnqueueOptions = {}): boolean {
    if (this.#places.has(step.stepNumber)) return false;
    this.#put(this.#heap.length, { step, priority, sequence: this.#sequence });
    this.#sequence += 1;
    this.#rise(this.#heap.length - 1);
    return true;
  }

  /** Takes the first step out; undefined where none waits. */
  dequeue(): Step | undefined {
    const first = this.#heap[0];
    if (first !== undefined) this.#take(0);
    return first?.step;
  }

  /** Takes up to `count` steps out, in their order. */
  dequeueN(count: number): Step[] {
    const steps: Step[] = [];
    while (steps.length < count) {
      const step = this.dequeue();
      if (step === undefined) break;
      steps.push(step);
    }
    return steps;
  }

  /** Takes the step with this number out, wherever it is; undefined where it is not queued. */
  remove(stepNumber: number): Step | undefined {
    const place = this.#places.get(stepNumber);
    return place === undefined ? undefined : this.#take(place).step;
  }

  /** Steps that wait. */
  size(): number {
    return this.#heap.length;
  }

  /** True where no step waits. */
  isEmpty(): boolean {
    return this.#heap.length === 0;
  }

  #take(place: number): Entry<Step> {
    const taken = this.#at(place);
    const last = this.#at(this.#heap.length - 1);
    this.#heap.pop();
    this.#places.delete(taken.step.stepNumber);
    if (last !== taken) {
      this.#put(place, last);
      this.#rise(place);
      this.#sink(this.#placeOf(last));
    }
    return taken;
  }

  #rise(from: number): void {
    let place = from;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!goesFirst(this.#at(place), this.#at(parent))) return;
      this.#swap(place, parent);
      place = parent;
    }
  }

  #sink(from: number): void {
    let place = from;
    for (;;) {
      let first = place;
      for (const child of [2 * place + 1, 2 * place + 2]) {
        if (child < this.#heap.length && goesFirst(this.#at(child), this.#at(first))) first = child;
      }
      if (first === place) return;
      this.#swap(place, first);
      place = first;
    }
  }

  #swap(one: number, other: number): void {
    const entry = this.#at(one);
    this.#put(one, this.#at(other));
    this.#put(other, entry);
  }

  #put(place: number, entry: Entry<Step>): void {
    this.#heap[place] = entry;
    this.#places.set(entry.step.stepNumber, place);
  }

  #placeOf(entry: Entry<Step>): number {
    return this.#places.get(entry.step.stepNumber) ?? 0;
  }

  #at(place: number): Entry<Step> {
    const entry = this.#heap[place];
    if (entry === undefined) throw new RangeError(`the queue has no place ${place}`);
    return entry;
  }
}

function goesFirst<Step>(one: Entry<Step>, other: Entry<Step>): boolean {
  return one.priority === other.priority ? one.sequence < other.sequence : one.priority > other.priority;
}
