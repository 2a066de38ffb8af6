/** How the parts of the demo look. */
export interface TerminalStyle {
  title(text: string): string;
  comment(text: string): string;
  prompt(text: string): string;
  command(text: string): string;
  problem(text: string): string;
}

/** Colours for a terminal, plain text for everything else. */
export function terminalStyle(colours: boolean): TerminalStyle {
  const paint = (code: string) => (text: string) => (colours ? `\u001B[${code}m${text}\u001B[0m` : text);
  return {
    title: paint('1;36'),
    comment: paint('2'),
    prompt: paint('32'),
    command: paint('1'),
    problem: paint('1;31'),
  };
}
