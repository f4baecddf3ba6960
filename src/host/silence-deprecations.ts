/**
 * What Node has to say to those who write programs is nothing for those who run them: gRPC has it warn of every TLS
 * connection to an address of numbers (DEP0123).
 */
export function silenceDeprecations(): void {
  process.noDeprecation = true;
}
