// The softphone, embedded in the desktop or alone on its page. In the desktop the buttons of a call
// are the desktop's, which ask the server; the phone shows its own only when it stands alone or the
// desktop was told nothing of the call.

import { Mic, MicOff, Phone, PhoneOff, Volume2 } from "lucide-react";
import { mainCall } from "../model/controls";
import { joinCall } from "../model/join";
import { effectivePhone } from "../model/phone";
import type { PhoneCall, Registration } from "../model/phone";
import { useDesk, useSession } from "./context";
import { Badge, Button, Card, Dot, Timer, Tip } from "./Controls";
import { DialPad } from "./DialPad";
import { LevelMeter } from "./LevelMeter";
import { useMute } from "./mute";
import { useNow } from "./now";

export function PhonePanel() {
  const session = useSession();
  const desk = useDesk();
  const now = useNow();
  const { call, registration, dn } = effectivePhone(desk.phone);
  const { role } = desk.phone;
  const main = mainCall(desk.calls);
  // Alone the phone hears of no pushes, so that what it knows of calls may be out of date.
  const mute = useMute(session.page === "phone" ? null : main);
  const join = joinCall(main, call, now);
  const alone = session.page === "phone" || join.kind === "desktopSilent";
  return (
    <Card title="Phone" icon={Phone} className="phone"
      aside={<RegistrationChip registration={registration} dn={dn} />}>
      {desk.phone.failure === null ? null : (
        <p className="phone-failure" role="alert">
          {desk.phone.failure}
          <Button label="Register now" onClick={() => session.phone.registerNow()} />
        </p>
      )}
      {role === "elsewhere" ? <Elsewhere /> : null}
      {session.page === "desktop" ? <DialPad /> : null}
      <CallStatus call={call} muted={mute.muted} />
      {alone && call !== null && role === "owner" ? <OwnButtons call={call} /> : null}
      {join.kind === "desktopSilent" && session.page === "desktop" ? (
        <p className="phone-failure" role="alert">
          The desktop was told nothing of this call. You can take it here.
        </p>
      ) : null}
      <Button
        label="Mute"
        icon={mute.muted ? MicOff : Mic}
        shortcut="mute"
        tip={mute.muted ? "Muted: the caller can’t hear you" : "Mute your microphone"}
        className={`wide mute${mute.muted ? " on" : ""}`}
        pressed={mute.muted}
        disabled={!mute.possible}
        pending={mute.pending}
        onClick={mute.toggle}
      />
      {role === "owner" ? <SoundControls /> : null}
    </Card>
  );
}

const REGISTRATION_WORDS: Readonly<Record<Registration, string>> = {
  off: "Not registered",
  connecting: "Connecting",
  registering: "Registering",
  registered: "Registered",
  failed: "Not registered",
};

function RegistrationChip({ registration, dn }: { registration: Registration; dn: string }) {
  const tone =
    registration === "registered" ? "good" : registration === "failed" ? "bad" : "off";
  return (
    <span className="chip" role="status" aria-label="Registration">
      <Dot tone={tone} />
      {dn === "" ? null : <span className="digits">{dn}</span>}
      {REGISTRATION_WORDS[registration]}
    </span>
  );
}

function CallStatus({ call, muted }: { call: PhoneCall | null; muted: boolean }) {
  if (call === null) {
    return (
      <div className="phone-call" data-phase="none">
        <span className="muted">No call</span>
      </div>
    );
  }
  return (
    <div className="phone-call" data-phase={call.phase}>
      <span className="phone-from">{call.from}</span>
      <span className="phone-line">
        {phaseWords(call)}
        {call.answeredAt === null ? null : <Timer since={call.answeredAt} label="Duration" />}
        {muted ? <Badge tone="warn">Muted</Badge> : null}
      </span>
    </div>
  );
}

function phaseWords(call: PhoneCall): string {
  switch (call.phase) {
    case "ringing":
      return call.own ? "Calling" : "Incoming call";
    case "answering":
      return "Answering";
    case "talking":
      return "Connected";
    case "held":
      return "On hold";
  }
}

function OwnButtons({ call }: { call: PhoneCall }) {
  const { phone } = useSession();
  const ringing = call.phase === "ringing";
  return (
    <div className="phone-buttons">
      {ringing ? (
        <>
          <Button label="Answer" icon={Phone} tone="good" large
            onClick={() => void phone.answer()} />
          <Button label="Reject" icon={PhoneOff} tone="danger" large
            onClick={() => phone.hangUp()} />
        </>
      ) : (
        <Button label="Hang up" icon={PhoneOff} tone="danger" large
          disabled={call.phase === "answering"} onClick={() => phone.hangUp()} />
      )}
    </div>
  );
}

function Elsewhere() {
  const session = useSession();
  const { elsewhere } = useDesk().phone;
  const inCall = (elsewhere?.call ?? null) !== null;
  return (
    <div className="elsewhere">
      <p>
        {elsewhere?.place === "phone"
          ? "The phone is open in its own tab."
          : "The phone is in another desktop tab."}{" "}
        Sound and devices are set there.
      </p>
      <Button label="Use the phone here" disabled={inCall}
        tip={inCall ? "After the call" : "The other tab hands it over"}
        onClick={() => session.phone.takeOver()} />
    </div>
  );
}

function SoundControls() {
  const session = useSession();
  const { phone } = useDesk();
  const { audio } = session.phone;
  const percent = Math.round(phone.volume * 100);
  return (
    <div className="sound">
      <div className="sound-row">
        <Mic size={15} aria-hidden />
        <LevelMeter of="microphone" label="Microphone level" />
        <DeviceSelect label="Microphone" devices={phone.inputs} chosen={phone.inputId}
          onChoose={(id) => void audio.chooseInput(id)} />
      </div>
      <div className="sound-row">
        <Volume2 size={15} aria-hidden />
        <LevelMeter of="speaker" label="Speaker level" />
        {phone.canChooseOutput ? (
          <DeviceSelect label="Speaker" devices={phone.outputs} chosen={phone.outputId}
            onChoose={(id) => void audio.chooseOutput(id)} />
        ) : null}
      </div>
      <label className="volume">
        <span>Speaker volume</span>
        <input type="range" min={0} max={100} step={5} value={percent}
          onChange={(event) => audio.setVolume(Number(event.target.value) / 100)} />
        <output>{percent}%</output>
      </label>
      <Tip text="With a headset no echo is cancelled, which keeps your voice clear when both talk">
        <label className="headset">
          <input type="checkbox" checked={phone.headset}
            onChange={(event) => void audio.setHeadset(event.target.checked)} />
          Headset
        </label>
      </Tip>
    </div>
  );
}

function DeviceSelect({ label, devices, chosen, onChoose }: {
  label: string;
  devices: readonly { readonly id: string; readonly label: string }[];
  chosen: string;
  onChoose: (id: string) => void;
}) {
  const known = devices.some((device) => device.id === chosen);
  const hasDefault = devices.some((device) => device.id === "default");
  return (
    <select aria-label={label} value={known ? chosen : "default"}
      onChange={(event) => onChoose(event.target.value)}>
      {hasDefault ? null : <option value="default">System default</option>}
      {devices.map((device) => (
        <option key={device.id} value={device.id}>
          {device.label}
        </option>
      ))}
    </select>
  );
}
