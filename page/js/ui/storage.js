// The user's preferences, stored in this browser. They contain no secrets, and the page works without them.

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
    // a private window: the preference lasts until the page is closed
  }
}
