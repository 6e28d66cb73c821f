import { describe, expect, it } from "vitest";
import { pathOf, withValue, withoutValue } from "../src/model/userdata";

const DATA = { name: "Ada", order: { number: "4711", items: { first: "lamp", second: "bulb" } } };

describe("attached data with lists in it", () => {
  it("is changed inside a list without losing what stands beside it", () => {
    expect(withValue(DATA, ["name"], "Eva")).toEqual({ name: "Eva" });
    expect(withValue(DATA, pathOf("order.items.first"), "desk")).toEqual({
      order: { number: "4711", items: { first: "desk", second: "bulb" } },
    });
    expect(withValue(DATA, pathOf("new. list"), "1")).toEqual({ new: { list: "1" } });
  });

  it("loses one value of a list, and the pair when nothing is left of it", () => {
    expect(withoutValue(DATA, ["order", "items", "second"])).toEqual({
      order: { number: "4711", items: { first: "lamp" } },
    });
    expect(withoutValue(DATA, ["name"])).toBeNull();
    expect(withoutValue({ order: { number: "1" } }, ["order", "number"])).toBeNull();
  });

  it("has no names that are empty", () => {
    expect(pathOf("order..x")).toEqual([]);
  });
});
