// Messages as the server sends them: one inbound call from ringing to after-call work.

const CALL_UUID = "K3V8OQ6R2L0ETB1P5D4G00005K000015";

export const DEVICE = "9b1d4f0c";

function device(userState: object, deviceState = "Active") {
  return { id: DEVICE, deviceState, phoneNumber: "5001", userState };
}

export function me(more: object = {}) {
  return {
    statusCode: 0,
    serverGenerationTimestamp: 1000,
    user: {
      id: "4f0c",
      userName: "agent5001",
      firstName: "Avery",
      lastName: "Stone",
      roles: ["ROLE_AGENT"],
      employeeId: "5001",
      features: [{ id: "api-voice" }, { id: "demo" }],
      skills: [{ name: "Support", level: 2 }],
      devices: [device({ state: "NotReady", displayName: "Not Ready" })],
      calls: [],
      ...more,
    },
  };
}

export function deviceMessage(userState: object, stamp: number) {
  return {
    messageType: "DeviceStateChangeMessage",
    devices: [device(userState)],
    metrics: { eventProcessing: { serverGenerationTimestamp: stamp } },
  };
}

export function callMessage(state: string, stamp: number, more: object = {}, extensions = {}) {
  const capabilities = {
    Ringing: ["Answer", "ClearCall", "UpdateUserData"],
    Established: ["Hangup", "Hold", "ClearCall", "UpdateUserData"],
    Held: ["Hangup", "Retrieve", "UpdateUserData"],
  }[state] ?? [];
  const call = {
    id: CALL_UUID,
    callUuid: CALL_UUID,
    connId: "006c03a7194aa020",
    state,
    callType: "Inbound",
    ani: "5551234567",
    dnis: "+18005551234",
    participants: [{ phoneNumber: "5551234567", formattedPhoneNumber: "5551234567" }],
    capabilities,
    userData: { customer_id: "98765", account_type: "premium", nested: { k: "v" } },
    duration: "0",
    ...more,
  };
  return {
    messageType: "CallStateChangeMessage",
    notificationType: "StatusChange",
    call,
    callId: CALL_UUID,
    state,
    extensions,
    metrics: { eventProcessing: { serverGenerationTimestamp: stamp } },
  };
}

export { CALL_UUID };
