import type { TransportAccess } from '../transport.js';

/** What the helper process of a folder is asked; several requests may be under way. */
export type FolderRequest =
  | {
      readonly id: number;
      readonly do: 'fetchNewest' | 'fetch';
      readonly key: string;
      readonly file: string;
      readonly most: number;
    }
  | { readonly id: number; readonly do: 'store'; readonly key: string; readonly file: string }
  | { readonly id: number; readonly do: 'has'; readonly key: string }
  | { readonly id: number; readonly do: 'sweep'; readonly key: string; readonly keep: readonly string[] }
  /** The request of this id is not waited for any more. */
  | { readonly id: number; readonly do: 'give up' };

/** The access comes first, unasked. */
export type FolderReply =
  | { readonly access: TransportAccess }
  | { readonly id: number; readonly value?: unknown }
  | { readonly id: number; readonly failure: FolderFailure };

/** What the transport threw. */
export type FolderFailure =
  | { readonly kind: 'denied' | 'failed'; readonly message: string }
  | { readonly kind: 'oversized'; readonly key: string; readonly most: number };
