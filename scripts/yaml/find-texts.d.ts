/** A text in YAML, and where it stands. */
export interface YamlText {
  readonly kind: string;
  readonly file: string;
  /** The file's line on which the text begins, from 1; below that where lines were put around it. */
  readonly firstLine: number;
  readonly text: string;
}

export function findTexts(root: string): readonly YamlText[];
