// One line a check, and the count at the end.

let passed = 0;
let failed = 0;

/** check runs one check; what it throws is its failure. Its result is handed on, undefined after a failure. */
export async function check(name, body) {
  try {
    const result = await body();
    passed += 1;
    console.log(`ok   ${name}`);
    return result;
  } catch (error) {
    failed += 1;
    console.log(`FAIL ${name}: ${String(error?.message ?? error).split("\n").slice(0, 6).join(" | ")}`);
    return undefined;
  }
}

/** close prints the count and returns the exit code. */
export function close() {
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0 ? 0 : 1;
}
