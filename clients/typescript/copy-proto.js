// Takes the published .proto file into the package.

import { cp } from "node:fs/promises";

const file = "proto/cordboard/tserver/v1/tserver.proto";
await cp(new URL(`../../proto/${file}`, import.meta.url), new URL(file, import.meta.url));
