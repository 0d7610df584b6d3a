// The projects to choose from, as the daemon sees their folders now: the last used first, and those with a missing folder last.
// [{id, words, problem}]

export function placesOf(projects, runs) {
  const used = new Map();
  for (const run of runs) used.set(run.projectId, Math.max(used.get(run.projectId) ?? 0, run.createdAt));
  const usedAt = (project) => used.get(project.id) ?? project.createdAt ?? 0;
  return [...projects]
    .sort((a, b) => Boolean(a.problem) - Boolean(b.problem) || usedAt(b) - usedAt(a))
    .map(({ id, name, workingDir, problem }) => ({ id, words: `${name} — ${workingDir}${problem ? ` (${problem})` : ""}`, problem: problem || null }));
}
