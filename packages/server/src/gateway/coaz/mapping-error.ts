/** A tool's declared mapping gives no valid question: the call is refused. COAZ §"Denials and Errors". */
export class MappingError extends Error {
  override readonly name: string = 'MappingError';
}
