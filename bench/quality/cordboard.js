// A call through Cordboard: a customer's telephone on the trunk, an agent's desktop in Chromium.

import { Desktop } from "../../e2e/lib/desktop.js";
import { PstnPhone } from "../../e2e/lib/pstn.js";
import { Server, address } from "../../e2e/lib/server.js";

/** A call over a link that is made for the port of the browsers' media.
 * @param {{voice: string, linkTo: (port: number) => Promise<number>}} options */
export async function callByCordboard({ voice, linkTo }) {
  const telephone = await PstnPhone.open();
  // Nothing may pass beside the link.
  const configuration = "[turn]\nenabled = false\n";
  const server = await Server.start({ configuration, trunk: telephone.place });
  telephone.server = server.sip;
  const { port } = address(server.at.media);
  const near = await linkTo(port);
  const agent = await Desktop.openWithVoice(server, "agent5001", voice);
  await agent.page.addInitScript(overTheLink, { port, near });
  await agent.page.reload();
  await agent.signIn();
  await agent.registered();
  await agent.ready();
  const call = await telephone.call();
  await agent.rings();
  await agent.press("Answer");
  await agent.talks();
  return {
    page: agent.page,
    rtp: call.rtp,
    close: async () => {
      await telephone.close();
      await agent.close();
      await server.kill();
    },
  };
}

/** Runs in the page: the server's media is found at the link. @param {{port: number, near: number}}
 * ports */
function overTheLink({ port, near }) {
  const Plain = window.RTCPeerConnection;
  const candidate = new RegExp(`^(a=candidate:.* )${port}( typ )`, "gm");
  window.RTCPeerConnection = class extends Plain {
    /** @param {RTCSessionDescriptionInit} description */
    setRemoteDescription(description) {
      const sdp = description.sdp?.replaceAll(candidate, `$1${near}$2`) ?? "";
      return super.setRemoteDescription({ type: description.type, sdp });
    }
  };
}
