/** A body that is no AdmissionReview this server can answer. Its message tells the sender what was expected. */
export class AdmissionReviewError extends Error {
  readonly code = 'NotAnAdmissionReview';
  override readonly name = 'AdmissionReviewError';
}
