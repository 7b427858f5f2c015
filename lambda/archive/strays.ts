import { plainText } from "../event/plain-text.ts";

/** A file that another program left below `events/`: no part of the archive, and not what a query reads. */
export interface Stray {
  readonly key: string;
  /** What probably left it. */
  readonly maker: string;
}

/** Names that file systems, desktops and programs that copy folders give to what they leave in any folder. */
const MAKERS: readonly (readonly [string, RegExp])[] = [
  ["macOS", /^(\._.*|\.DS_Store|\.AppleDouble|\.Spotlight-V100|\.Trashes|\.fseventsd|\.TemporaryItems|Icon\r)$/s],
  ["Windows", /^(thumbs\.db|ehthumbs(_vista)?\.db|desktop\.ini|\$recycle\.bin|system volume information)$/i],
  ["a NAS", /^(@eaDir|@tmp|#recycle|#snapshot|@Recycle|@Recently-Snapshot|\.@__thumb)$/i],
  ["NFS, of a file deleted while it was open", /^\.nfs[0-9a-f]{8,}$/i],
  ["FUSE, of a file deleted while it was open", /^\.fuse_hidden[0-9a-f]+$/i],
  ["a file system", /^lost\+found$/],
  ["a Linux desktop", /^(\.Trash-\d+|\.directory)$/],
  ["Syncthing", /^(\.stfolder|\.stversions|\.stignore|[.~]syncthing[.~].*)$|\.sync-conflict-/s],
  [
    "Dropbox, Nextcloud or ownCloud",
    /conflicted copy|^\.dropbox(\.cache|\.attr|\.device)?$|^\.(_?sync_.*|owncloudsync)\.(db|log)/i,
  ],
  ["Google Drive", /^\.tmp\.drive(download|upload)$/],
];

/** Who gives such a name to a file, or to a folder on the way to it; null: nobody known. */
export function makerOf(key: string): string | null {
  const names = key.split("/");
  return MAKERS.find(([, pattern]) => names.some((name) => pattern.test(name)))?.[0] ?? null;
}

/** What patterns for segments match, those of query engines and the documents' own. No name excuses such a file. */
const READ_AS_SEGMENT = /\.(gz|ndjson)\/?$/i;

/** Of keys that name no segment: which of them other programs left. In a bucket (`isFolder` false), none of them did. */
export function sortForeign(
  keys: readonly string[],
  isFolder: boolean,
): { readonly strays: readonly Stray[]; readonly foreign: readonly string[] } {
  const strays: Stray[] = [];
  const foreign: string[] = [];
  for (const key of keys) {
    const maker = READ_AS_SEGMENT.test(key) || !isFolder ? null : makerOf(key);
    if (maker === null) foreign.push(key);
    else strays.push({ key: plainText(key), maker });
  }
  return { strays, foreign };
}
