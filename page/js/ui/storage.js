// What this browser remembers of the reader's wishes. Nothing secret, and nothing is lost where a browser keeps nothing.

export function remembered(key) {
  try {
    return localStorage.getItem(`maestrod.${key}`);
  } catch {
    return null;
  }
}

export function remember(key, value) {
  try {
    localStorage.setItem(`maestrod.${key}`, value);
  } catch {
    // a private window: the wish holds until the page is closed
  }
}
