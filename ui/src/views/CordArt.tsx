// A piece of a switchboard: rows of jacks, two of them joined by a cord.

const COLUMNS = 7;
const ROWS = 6;
const LAMPS: readonly number[] = [9, 25, 30];

export function CordArt() {
  const jacks = Array.from({ length: COLUMNS * ROWS }, (_, index) => ({
    index,
    x: 50 + (index % COLUMNS) * 62,
    y: 46 + Math.floor(index / COLUMNS) * 66,
  }));
  return (
    <svg viewBox="0 0 472 430" className="cord-art" role="presentation">
      {jacks.map(({ index, x, y }) => (
        <g key={index}>
          <circle className={LAMPS.includes(index) ? "lamp lit" : "lamp"} cx={x} cy={y - 21}
            r={3.5} />
          <circle className="jack" cx={x} cy={y} r={11} />
          <circle className="hole" cx={x} cy={y} r={4.5} />
        </g>
      ))}
      <path className="cord-shade" d="M174 120 C 168 372, 300 404, 298 254" />
      <path className="cord" d="M174 112 C 168 364, 300 396, 298 244" />
      <circle className="plug" cx={174} cy={112} r={8} />
      <circle className="plug" cx={298} cy={244} r={8} />
    </svg>
  );
}
