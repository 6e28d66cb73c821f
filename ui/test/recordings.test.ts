import { describe, expect, it } from "vitest";
import { decodeMonitor } from "../src/model/monitor/monitor";
import {
  NO_FILTER, NO_RECORDINGS, decodeRecordings, fileName, gapWords, hasNext, mayDelete, mayHear,
  queryOf, rangeWords, recordingsReducer,
} from "../src/model/recordings";
import type { RecordingsEvent } from "../src/model/recordings";
import { peaks, scaled } from "../src/model/waveform";

const RAW = {
  id: "K3V8OQ6R2L0ETB1P5D4G00005K000015-1",
  dn: "5001",
  agent: "5001",
  callType: "Inbound",
  ani: "5551234567",
  dnis: "+18005551234",
  other: "5551234567",
  startedMs: 1_700_000_000_000,
  durationMs: 60_000,
  gaps: [[5000, 15_000], [50_000, 99_000], [70_000, 80_000], ["x"]],
  bytes: 240_000,
  format: "opus",
};

const read = (recordings: readonly object[], total?: number): RecordingsEvent => {
  return { type: "read", page: decodeRecordings({ statusCode: 0, recordings, total }) };
};

describe("recordings", () => {
  it("are read with gaps that end where the recording ends", () => {
    const [recording] = decodeRecordings({ recordings: [RAW, {}] }).recordings;
    expect(recording).toMatchObject({ gaps: [[5000, 15_000], [50_000, 60_000]], failure: null });
    expect(recording && gapWords(recording)).toBe("2 · 20 s");
    expect(recording && fileName(recording)).toBe("2023-11-14T22-13-20_5001.ogg");
  });

  it("are asked for by whole days, the last one included", () => {
    const query = queryOf({ ...NO_FILTER, from: "2026-01-27", to: "2026-01-27", dn: " 5001 " }, 25);
    expect(query.get("from")).toBe(new Date(2026, 0, 27).toISOString());
    expect(query.get("to")).toBe(new Date(2026, 0, 28).toISOString());
    expect([query.get("dn"), query.get("offset")]).toEqual(["5001", "25"]);
    expect(query.has("agent")).toBe(false);
    expect(queryOf({ ...NO_FILTER, from: "soon" }, 0).has("from")).toBe(false);
  });

  it("are turned in pages, counted by the server or not", () => {
    const many = Array.from({ length: 25 }, (_, at) => ({ ...RAW, id: `r${at}` }));
    const counted = recordingsReducer(NO_RECORDINGS, read(many, 26));
    expect([hasNext(counted), rangeWords(counted)]).toEqual([true, "1–25 of 26"]);
    const uncounted = recordingsReducer(NO_RECORDINGS, read([RAW]));
    expect([hasNext(uncounted), rangeWords(uncounted)]).toEqual([false, "1–1"]);
  });

  it("close the player when the open one is deleted or found no longer", () => {
    const listed = recordingsReducer(NO_RECORDINGS, read([RAW], 1));
    const open = recordingsReducer(listed, { type: "opened", id: RAW.id });
    expect(recordingsReducer(open, read([RAW], 1)).openId).toBe(RAW.id);
    expect(recordingsReducer(open, read([], 0)).openId).toBeNull();
    const deleted = recordingsReducer(open, { type: "deleted", id: RAW.id });
    expect(deleted).toMatchObject({ openId: null, recordings: [], total: 0 });
  });

  it("are for supervisors to hear and for administrators to delete", () => {
    const user = (...roles: string[]) => {
      return { id: "1", userName: "u", fullName: "U", employeeId: "1", roles, features: [],
        skills: [] };
    };
    expect(mayHear(user("ROLE_AGENT"))).toBe(false);
    expect([mayHear(user("ROLE_SUPERVISOR")), mayDelete(user("ROLE_SUPERVISOR"))])
      .toEqual([true, false]);
    expect([mayHear(user("ROLE_ADMIN")), mayDelete(user("ROLE_ADMIN"))]).toEqual([true, true]);
  });
});

describe("the shape of a sound", () => {
  it("is the loudest of each part, and quiet speech fills the height", () => {
    const samples = new Float32Array([0, 0.25, -0.5, 0, 0, 0]);
    expect(peaks(samples, 3)).toEqual([0.25, 0.5, 0]);
    expect(scaled([[0.25, 0.5], [0.125, 0]])).toEqual([[0.5, 1], [0.25, 0]]);
    expect(peaks(new Float32Array(0), 2)).toEqual([0, 0]);
    expect(peaks(samples, 0)).toEqual([]);
  });
});

describe("alarms", () => {
  it("are shown the critical first, the oldest of these on top", () => {
    const alarm = (name: string, severity: string, sinceMs: number) => {
      return { name, severity, message: `about ${name}`, sinceMs };
    };
    const { alarms } = decodeMonitor({
      monitor: { alarms: [alarm("a", "warning", 1), alarm("b", "critical", 3),
        alarm("c", "critical", 2)] },
    });
    expect(alarms.map(({ name }) => name)).toEqual(["c", "b", "a"]);
    expect(decodeMonitor({}).alarms).toEqual([]);
  });
});
