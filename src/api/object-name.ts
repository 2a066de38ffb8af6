/** The longest name of an object. Source: apimachinery `validation.DNS1123SubdomainMaxLength`. */
export const objectNameMaxLength = 253;

/** What an object's name looks like. Source: apimachinery `validation.IsDNS1123Subdomain`. */
export const objectNamePattern = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** True for text that the API server accepts as the name of a WorkflowExecution. */
export function isObjectName(text: string): boolean {
  return text.length <= objectNameMaxLength && objectNamePattern.test(text);
}
