// One chart: uPlot draws it on a canvas; the legend says the last value of each line, which is
// also what a screen reader gets.

import { useEffect, useRef } from "react";
import UPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Trends } from "../../model/monitor/trends";

export interface Line {
  readonly series: string;
  readonly words: string;
  /** A custom property of the palette. */
  readonly color: string;
  /** A second sign beside the colour. */
  readonly dashed?: boolean;
}

const HEIGHT = 170;

export function Chart({ trends, lines }: { trends: Trends; lines: readonly Line[] }) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<UPlot | null>(null);
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const draw = () => {
      plot.current?.destroy();
      plot.current = new UPlot(options(element, lines), [[]], element);
    };
    draw();
    const size = new ResizeObserver(() => {
      plot.current?.setSize({ width: element.clientWidth, height: HEIGHT });
    });
    size.observe(element);
    return () => {
      size.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
  }, [lines]);
  useEffect(() => {
    const values = lines.map(({ series }) => [...(trends.series[series] ?? [])]);
    plot.current?.setData([[...trends.times], ...values]);
  }, [trends, lines]);
  return (
    <figure className="chart">
      <div ref={place} aria-hidden />
      <figcaption>
        {lines.map((line) => (
          <span key={line.series}>
            <i style={{ borderTopColor: `var(${line.color})` }}
              className={line.dashed === true ? "dashed" : ""} aria-hidden />
            {line.words} <b className="digits">{trends.series[line.series]?.at(-1) ?? "–"}</b>
          </span>
        ))}
      </figcaption>
    </figure>
  );
}

function options(element: HTMLElement, lines: readonly Line[]): UPlot.Options {
  const style = getComputedStyle(element);
  // Read when a line is drawn, so that a change of the theme is followed.
  const color = (name: string) => () => resolved(element, name);
  const axis: UPlot.Axis = {
    stroke: color("--muted"),
    grid: { stroke: color("--line"), width: 1 },
    ticks: { show: false },
    font: `12px ${style.fontFamily}`,
  };
  return {
    width: Math.max(element.clientWidth, 100),
    height: HEIGHT,
    legend: { show: false },
    cursor: { y: false },
    scales: { y: { range: (_, __, max) => [0, Math.max(max * 1.1, 4)] } },
    axes: [axis, { ...axis, size: 40 }],
    series: [
      {},
      ...lines.map((line) => ({
        label: line.words,
        stroke: color(line.color),
        width: 2,
        points: { show: false },
        ...(line.dashed === true ? { dash: [6, 4] } : {}),
      })),
    ],
  };
}

/** A canvas knows no `light-dark()`: the browser resolves it for an element. */
function resolved(element: HTMLElement, name: string): string {
  element.style.color = `var(${name})`;
  const color = getComputedStyle(element).color;
  element.style.color = "";
  return color;
}
