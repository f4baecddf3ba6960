/** Whether a path is a folder or lies in it. @param path absolute and normal, like the folder */
export function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder === '/' ? folder : `${folder}/`);
}
