// How much would each candidate lower the loss of a node? Added to the sums of a level, where one question is asked of
// all nodes. The layouts of features, params and totals stand in find-split.ts.
//
//   order: uint32 an entry of the compact histogram: the bins of a feature in the order in which they go left, and in the
//     place of its missing bin how many of them may
//   sums: float64[2] an entry: gains with the first k + 1 bins of the order on the left, missing values on the right,
//     then on the left (numeric features only)
//
// A node that the limits forbid to split adds nothing. Categories have categoryLambda beside λ.

export function addLevelScores(
  hist: usize, features: usize, begin: i32, end: i32, mask: usize, params: usize, totals: usize, order: usize, sums: usize,
): void {
  const hessUnit = load<f64>(params, 8);
  const countShift = <i64>load<i32>(params, 64);
  const hessMask: i64 = countShift < 63 ? (<i64>1 << countShift) - 1 : -1;
  const G = <f64>load<i64>(totals) * load<f64>(params);
  const H = <f64>(load<i64>(totals, 8) & hessMask) * hessUnit;
  const own = (G * G) / (H + load<f64>(params, 16));
  for (let f = begin; f < end; f++) {
    if (mask && !load<u8>(mask + <usize>f)) continue;
    const feature = features + (<usize>f << 5);
    const first = <usize>load<u32>(feature, 4);
    const entries = hist + (first << 4);
    const numValues = load<u32>(feature, 8);
    const isCategory = load<u32>(feature, 16) != 0;
    const lambda = load<f64>(params, 16) + (isCategory ? load<f64>(params, 48) : 0.0);
    const missing = entries + (<usize>numValues << 4);
    const hasMissing = !isCategory && load<i64>(missing, 8) != 0;
    const bins = order + (first << 2);
    const count = <usize>load<u32>(bins + (<usize>numValues << 2));
    let leftGrad: i64 = 0;
    let leftHess: i64 = 0;
    for (let k: usize = 0; k < count; k++) {
      const at = entries + (<usize>load<u32>(bins + (k << 2)) << 4);
      leftGrad += load<i64>(at);
      leftHess += load<i64>(at, 8);
      const cell = sums + ((first + k) << 4);
      const right = gainOf(params, totals, leftGrad, leftHess, lambda, G, H, own);
      store<f64>(cell, load<f64>(cell) + right);
      const left = hasMissing
        ? gainOf(params, totals, leftGrad + load<i64>(missing), leftHess + load<i64>(missing, 8), lambda, G, H, own)
        : right;
      store<f64>(cell, load<f64>(cell, 8) + left, 8);
    }
  }
}

// 0 where a limit is broken
function gainOf(
  params: usize, totals: usize, leftGrad: i64, leftHess: i64, lambda: f64, G: f64, H: f64, own: f64,
): f64 {
  const totalHess = load<i64>(totals, 8);
  if (leftHess == totalHess) return 0.0;
  const countShift = <i64>load<i32>(params, 64);
  const counted = countShift < 63;
  const hessMask: i64 = counted ? (<i64>1 << countShift) - 1 : -1;
  const minHess = load<f64>(params, 24);
  const HL = <f64>(leftHess & hessMask) * load<f64>(params, 8);
  const HR = H - HL;
  if (leftHess == 0 || HL < minHess || HR < minHess) return 0.0;
  const minRows = <i64>load<f64>(params, 32);
  if (counted && (leftHess >> countShift < minRows || (totalHess - leftHess) >> countShift < minRows)) return 0.0;
  const GL = <f64>leftGrad * load<f64>(params);
  const GR = G - GL;
  return (GL * GL * (HR + lambda) + GR * GR * (HL + lambda)) / ((HL + lambda) * (HR + lambda)) - own;
}
