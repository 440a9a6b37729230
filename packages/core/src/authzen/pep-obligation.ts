/** What an enforcement point must do beside enforcing a decision, or treat it as a deny. AuthZEN Obligations profile. */
export type PepObligation =
  | {
      readonly id: string;
      readonly type: 'step-up';
      /** The authentication context that the subject must reach first. */
      readonly properties: { readonly acr_value: string };
    }
  | {
      readonly id: string;
      readonly type: 'notification';
      readonly properties: { readonly to: string; readonly topic: string; readonly body: string };
    };

/** The obligation types that policy can ask for. */
export const PEP_OBLIGATION_TYPES: readonly PepObligation['type'][] = ['step-up', 'notification'];
