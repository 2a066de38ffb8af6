/** What shows that something is wrong. */
export const symptoms = ['violation', 'lost-slots', 'unjustified', 'slow'] as const;
export type Symptom = (typeof symptoms)[number];

/** What a run has shown of each, in words. */
export type Symptoms = Readonly<Record<Symptom, readonly string[]>>;
