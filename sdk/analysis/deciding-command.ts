/** What a person types to approve; `Rejected`, and a `message`, where that is the decision. */
export function decidingCommand(namespace: string, request: string): string {
  return (
    `kubectl patch aiapproval ${request} -n ${namespace} --subresource=status --type=merge ` +
    `-p '{"status":{"decision":"Approved"}}'`
  );
}
