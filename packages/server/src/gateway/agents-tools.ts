import { agentIn } from './standing.ts';
import { ToolDefinitions } from './tool-definitions.ts';

/** What an upstream lists to those who have no session: to an agent the same, whomever it calls for. */
export class AgentsTools {
  readonly #byAgent = new Map<string, ToolDefinitions>();

  of(caller: string): ToolDefinitions {
    const agentId = agentIn(caller);
    const tools = this.#byAgent.get(agentId) ?? new ToolDefinitions();
    this.#byAgent.set(agentId, tools);
    return tools;
  }

  forget(caller: string): void {
    this.#byAgent.delete(agentIn(caller));
  }
}
