//! What strategies need of the world outside: sounds of prompts, answers of programs.

use std::path::Path;

use board::Input;
use crossbeam_channel::Sender;
use io_prompt::{PromptSettings, Prompts, SpeechEngine, Told};
use io_webhook::Webhooks;
use model::{media::MediaCommand, monitor::AlarmChange};

use crate::{config, control::Order};

/// The sounds of prompts, as the configuration file has them.
pub fn start(config: &config::Prompts, data: &Path, orders: &Sender<Order>) -> Prompts {
    let engine = match &config.text_to_speech {
        Some(command) => Some(SpeechEngine { command: command.clone() }),
        None => SpeechEngine::espeak_ng(),
    };
    if engine.is_none() {
        tracing::info!(
            "no speech engine: prompts of text are not heard; install espeak-ng, or name another in \
             prompts.text_to_speech"
        );
    }
    let settings = PromptSettings {
        sounds: data.join(&config.directory),
        speech: data.join("speech"),
        language: config.language.clone(),
        engine,
    };
    Prompts::new(settings, Box::new(ToControl(orders.clone())))
}

/// Programs that are asked.
pub fn webhooks(orders: &Sender<Order>) -> Webhooks {
    let orders = orders.clone();
    Webhooks::new(move |answer| {
        if orders.try_send(Order::Board(Input::Webhook(answer))).is_err() {
            tracing::warn!("control queue full: a program's answer is lost");
        }
    })
}

/// By way of the control thread, so that a sound never overtakes its announcement.
struct ToControl(Sender<Order>);

impl Told for ToControl {
    fn sound(&self, command: MediaCommand) {
        if self.0.try_send(Order::Media(command)).is_err() {
            tracing::warn!("control queue full: a prompt is not heard");
        }
    }

    fn alarm(&self, change: AlarmChange) {
        if self.0.try_send(Order::Board(Input::Alarm(change))).is_err() {
            tracing::warn!("control queue full: an alarm is not told");
        }
    }
}
