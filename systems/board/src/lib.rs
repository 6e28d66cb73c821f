//! The cords: every hand-over between systems passes here.
//!
//! The systems know nothing of one another. Each says what should happen; the board carries it to
//! whom it concerns, one cord after the other, oldest first. So the order of events is a fact, and
//! one line per hand-over ([`Ladder`]) tells the whole story of a call.

mod changes;
mod ladder;
mod trace;

pub use ladder::Ladder;

use std::{collections::VecDeque, sync::Arc, time::Instant};

use changes::Changes;
use cti::Cti;
use desk::Desk;
use directory::Directory;
use history::History;
use model::{
    Configuration, Dn, Now, Origin, ReferenceId, System,
    api::{ApiInput, ApiOutput},
    config::{Audit, Change, ChangeRefusal, Difference},
    error::Refusal,
    history::Row,
    leg::{Cause, LegCommand, LegFact},
    media::{MediaCommand, MediaFact},
    monitor::{AlarmChange, Connection, Metric, Monitor},
    recording::RecordingFact,
    sip::{SipInput, SipOutput},
    stat::{StatInput, StatOutput},
    story::Story,
    tserver::{ClientInput, ClientOutput},
    webhook::{Webhook, WebhookAnswer},
};
use routing::Router;
use signaling::Signaling;
use stats::Stats;
use story::Stories;
use switch::Switch;

/// What the world outside tells the board.
#[derive(Debug)]
pub enum Input {
    /// Something has to be looked after, or no longer.
    Alarm(AlarmChange),
    /// A browser or an integrator asks.
    Api(ApiInput),
    /// Somebody changes the configuration; answered by `Changed`.
    Change {
        /// Comes back with the answer.
        reference: u64,
        /// Who asks, for the audit log.
        who: String,
        /// What is to be changed.
        change: Change,
        /// Only say what would change.
        is_plan: bool,
    },
    /// A client of the T-Server port asks.
    Client(ClientInput),
    /// A whole new configuration; answered by `Published` or `Rejected`.
    Configuration(Box<Configuration>),
    /// Take no new calls any more; those that are up go on.
    Drain,
    /// How what the systems depend on is.
    Health(Vec<Connection>),
    /// The configuration as it was saved; answered like `Configuration`.
    Load(Box<Configuration>),
    /// A media shard reports.
    Media(MediaFact),
    /// Whoever writes recordings reports.
    Recording(RecordingFact),
    /// SIP came in.
    Sip(SipInput),
    /// A client of the Stat Server's port asks.
    Stat(StatInput),
    /// What a program answered, or why it did not.
    Webhook(WebhookAnswer),
}

/// What the board tells the world outside.
#[derive(Debug)]
pub enum Output {
    /// To a browser or an integrator.
    Api(ApiOutput),
    /// Somebody changed the configuration; the `Published` that follows is what he made of it.
    Audit(Audit),
    /// What became of a `Change`: the version and what is not as it was, or why it was not made.
    Changed {
        /// The `Change`'s.
        reference: u64,
        /// What became of it.
        outcome: Result<(u64, Vec<Difference>), ChangeRefusal>,
    },
    /// To a client of the T-Server port.
    Client(ClientOutput),
    /// A row of the history is new or not as it was.
    History(Box<Row>),
    /// To the media shard.
    Media(MediaCommand),
    /// The dashboard's picture has changed.
    Monitor(Box<Monitor>),
    /// This configuration is in force now.
    Published(Arc<Configuration>),
    /// A configuration was refused as a whole; one line per problem.
    Rejected(Vec<String>),
    /// SIP goes out.
    Sip(SipOutput),
    /// To a client of the Stat Server's port.
    Stat(StatOutput),
    /// A call is over, and its story with it.
    Story(Box<Story>),
    /// A program is to be asked.
    Webhook(Webhook),
}

/// The nine systems of one node, and the cords between them.
#[derive(Debug)]
pub struct Board {
    systems: Systems,
    cords: VecDeque<Cord>,
    out: VecDeque<Output>,
    ladder: Ladder,
    changes: Changes,
    is_draining: bool,
}

/// What a board is built of.
#[derive(Debug)]
#[allow(missing_docs, reason = "the types say it")]
pub struct Systems {
    pub cti: Cti,
    pub desk: Desk,
    pub directory: Directory,
    pub history: History,
    pub routing: Router,
    pub signaling: Signaling,
    pub stats: Stats,
    pub story: Stories,
    pub switch: Switch,
}

/// One hand-over: to whom, and what.
#[derive(Debug)]
pub(crate) enum Cord {
    Cti(cti::Input),
    Desk(desk::Input),
    Directory(directory::Input),
    History(history::Input),
    Routing(routing::Input),
    Signaling(signaling::Input),
    Stats(stats::Input),
    Story(story::Input),
    Switch(switch::Input),
    World(Output),
}

impl Board {
    /// A board over fresh systems.
    #[must_use]
    pub fn new(systems: Systems) -> Self {
        Self {
            systems,
            cords: VecDeque::new(),
            out: VecDeque::new(),
            ladder: Ladder::default(),
            changes: Changes::default(),
            is_draining: false,
        }
    }

    /// The record of hand-overs; off until it is switched on.
    pub fn ladder(&mut self) -> &mut Ladder {
        &mut self.ladder
    }

    /// What the Stat Server has counted up to now and what the router has promised, to go on from
    /// after a restart.
    pub fn save(&mut self, now: Now) -> (stats::Saved, routing::Saved) {
        (self.systems.stats.save(now), self.systems.routing.save(now))
    }

    /// Ends every call's story, at the end of the program.
    pub fn finish_stories(&mut self, now: Now) {
        self.systems.story.finish(now);
        self.collect(now);
        self.settle(now);
    }

    /// The systems, to look at.
    #[must_use]
    pub fn systems(&self) -> &Systems {
        &self.systems
    }

    /// Lines for `/metrics`, of all systems.
    #[must_use]
    pub fn metrics(&self) -> Vec<Metric> {
        let mut metrics = self.systems.desk.metrics();
        metrics.extend(self.systems.signaling.metrics());
        metrics.extend(self.systems.switch.metrics());
        metrics
    }

    /// Carries every cord that is there, and those that follow from them.
    fn settle(&mut self, now: Now) {
        while let Some(cord) = self.cords.pop_front() {
            self.step(now, cord);
        }
    }

    /// One hand-over.
    fn step(&mut self, now: Now, cord: Cord) {
        self.ladder.record(&cord);
        let traced = self.trace(now, &cord);
        let Systems { cti, desk, directory, history, routing, signaling, stats, story, switch } =
            &mut self.systems;
        match cord {
            Cord::Cti(input) => cti.handle_input(now, input),
            Cord::Desk(input) => desk.handle_input(now, input),
            Cord::Directory(input) => directory.handle_input(now, input),
            Cord::History(input) => history.handle_input(now, input),
            Cord::Routing(input) => routing.handle_input(now, input),
            Cord::Signaling(input) => signaling.handle_input(now, input),
            Cord::Stats(input) => stats.handle_input(now, input),
            Cord::Story(input) => story.handle_input(now, input),
            Cord::Switch(input) => switch.handle_input(now, input),
            Cord::World(output) => self.out.push_back(output),
        }
        if let Some(traced) = traced {
            self.traced(now, traced);
        }
        self.collect(now);
    }

    /// Takes what the systems say and lays a cord to each whom it concerns.
    fn collect(&mut self, now: Now) {
        while let Some(output) = self.systems.switch.poll_output() {
            self.hear_switch(output);
        }
        while let Some(output) = self.systems.signaling.poll_output() {
            self.hear_signaling(output);
        }
        while let Some(output) = self.systems.routing.poll_output() {
            self.lay(match output {
                routing::Output::Request(request) => Cord::Switch(switch::Input::Request(request)),
                routing::Output::Webhook(webhook) => Cord::World(Output::Webhook(webhook)),
            });
        }
        while let Some(output) = self.systems.desk.poll_output() {
            let cord = match output {
                desk::Output::Api(output) => Cord::World(Output::Api(output)),
                desk::Output::Change { id, who, change, is_plan } => {
                    self.change(changes::By::Desk(id), who, change, is_plan)
                }
                desk::Output::Explain { id, query } => {
                    let explanation = self.systems.routing.explain(now, &query).map(Box::new);
                    Cord::Desk(desk::Input::Explained { id, explanation })
                }
                desk::Output::Request(request) => Cord::Switch(switch::Input::Request(request)),
                desk::Output::Statistics { id, asked } => {
                    let readings = self.systems.stats.subscribing(now, asked);
                    Cord::Desk(desk::Input::Statistics { id, readings })
                }
                desk::Output::Story { id, uuid } => {
                    let story = self.systems.story.tell(now, uuid).map(Box::new);
                    Cord::Desk(desk::Input::Story { id, uuid, story })
                }
                desk::Output::Unsubscribed(subscription) => {
                    Cord::Stats(stats::Input::Unsubscribed(subscription))
                }
            };
            self.lay(cord);
        }
        while let Some(output) = self.systems.cti.poll_output() {
            self.lay(match output {
                cti::Output::Client(output) => Cord::World(Output::Client(output)),
                cti::Output::Request(request) => Cord::Switch(switch::Input::Request(request)),
            });
        }
        while let Some(output) = self.systems.stats.poll_output() {
            match output {
                stats::Output::Monitor(monitor) => {
                    self.lay(Cord::Desk(desk::Input::Monitor(monitor.clone())));
                    self.lay(Cord::World(Output::Monitor(monitor)));
                }
                stats::Output::Stat(output) => self.lay(Cord::World(Output::Stat(output))),
                stats::Output::Subscribed { subscription, values } => {
                    self.lay(Cord::Desk(desk::Input::Subscribed { subscription, values }));
                }
                stats::Output::Trends(trends) => {
                    self.lay(Cord::Desk(desk::Input::Trends(trends)));
                }
            }
        }
        while let Some(output) = self.systems.directory.poll_output() {
            self.hear_directory(output);
        }
        while let Some(output) = self.systems.story.poll_output() {
            self.lay(match output {
                story::Output::Story(story) => Cord::World(Output::Story(story)),
                story::Output::Voice(voice) => Cord::Stats(stats::Input::Voice(voice)),
            });
        }
        while let Some(history::Output::Row(row)) = self.systems.history.poll_output() {
            self.lay(Cord::World(Output::History(Box::new(row))));
        }
    }

    fn hear_switch(&mut self, output: switch::Output) {
        match output {
            switch::Output::Accepted { origin, reference } => self.accepted(origin, reference),
            switch::Output::Capabilities { dn, conn, capabilities } => {
                self.lay(Cord::Desk(desk::Input::Capabilities { dn, conn, capabilities }));
            }
            switch::Output::Event(event) => {
                // The desk first: the agent's screen waits for it.
                self.lay(Cord::Desk(desk::Input::Event(event.clone())));
                self.lay(Cord::Cti(cti::Input::Event(event.clone())));
                self.lay(Cord::Routing(routing::Input::Event(event.clone())));
                self.lay(Cord::Stats(stats::Input::Event(event.clone())));
                self.lay(Cord::History(history::Input::Event(event)));
            }
            switch::Output::Leg(command) => {
                self.lay(Cord::Signaling(signaling::Input::Command(command)));
            }
            switch::Output::Media(command) => self.lay(Cord::World(Output::Media(command))),
            switch::Output::Refused { origin, reference, this_dn, refusal } => {
                self.refused(origin, reference, this_dn, refusal);
            }
            switch::Output::Speakers { dn, conn, levels } => {
                self.lay(Cord::Desk(desk::Input::Speakers { dn, conn, levels }));
            }
        }
    }

    fn hear_signaling(&mut self, output: signaling::Output) {
        let cord = match output {
            signaling::Output::Fact(LegFact::Offered { leg, .. }) if self.is_draining => {
                let command = LegCommand::Release { leg, cause: Cause::Overloaded };
                Cord::Signaling(signaling::Input::Command(command))
            }
            signaling::Output::Fact(fact) => Cord::Switch(switch::Input::Leg(fact)),
            signaling::Output::Media(command) => Cord::World(Output::Media(command)),
            signaling::Output::Sip(output) => Cord::World(Output::Sip(output)),
            signaling::Output::Trunk { name, up } => {
                let trunk = name.clone();
                self.lay(Cord::Stats(stats::Input::Trunk { trunk, up }));
                return self.lay(Cord::Switch(switch::Input::Trunk { name, up }));
            }
        };
        self.lay(cord);
    }

    fn hear_directory(&mut self, output: directory::Output) {
        match output {
            directory::Output::Published(configuration) => {
                // Signaling and the switch before those who ask them for something.
                self.lay(Cord::Signaling(signaling::Input::Configuration(configuration.clone())));
                self.lay(Cord::Switch(switch::Input::Configuration(configuration.clone())));
                self.lay(Cord::Routing(routing::Input::Configuration(configuration.clone())));
                self.lay(Cord::Stats(stats::Input::Configuration(configuration.clone())));
                self.lay(Cord::History(history::Input::Configuration(configuration.clone())));
                self.lay(Cord::Cti(cti::Input::Configuration(configuration.clone())));
                self.lay(Cord::Desk(desk::Input::Configuration(configuration.clone())));
                self.lay(Cord::World(Output::Published(configuration)));
            }
            directory::Output::Audit(audit) => {
                self.lay(Cord::World(Output::Audit(audit.clone())));
                self.lay(Cord::Desk(desk::Input::Audit(audit)));
            }
            directory::Output::Changed { reference, version, differences } => {
                self.answer_change(reference, Ok((version, differences)));
            }
            directory::Output::Refused { reference, refusal } => {
                self.answer_change(reference, Err(refusal));
            }
            directory::Output::Rejected { problems } => {
                self.lay(Cord::World(Output::Rejected(problems)));
            }
        }
    }

    /// What became of a request goes back to who asked.
    fn accepted(&mut self, origin: Origin, reference: ReferenceId) {
        self.lay(match origin {
            Origin::Cti(client) => {
                Cord::Cti(cti::Input::Outcome(cti::Outcome::Accepted { client, reference }))
            }
            Origin::Desk => Cord::Desk(desk::Input::Outcome { reference, refusal: None }),
            Origin::Router => Cord::Routing(routing::Input::Outcome { reference, refusal: None }),
        });
    }

    fn refused(&mut self, origin: Origin, reference: ReferenceId, this_dn: Dn, refusal: Refusal) {
        self.lay(match origin {
            Origin::Cti(client) => Cord::Cti(cti::Input::Outcome(cti::Outcome::Refused {
                client,
                reference,
                this_dn,
                refusal,
            })),
            Origin::Desk => Cord::Desk(desk::Input::Outcome { reference, refusal: Some(refusal) }),
            Origin::Router => {
                Cord::Routing(routing::Input::Outcome { reference, refusal: Some(refusal) })
            }
        });
    }

    fn lay(&mut self, cord: Cord) {
        self.cords.push_back(cord);
    }
}

impl System for Board {
    type Input = Input;
    type Output = Output;

    fn handle_input(&mut self, now: Now, input: Input) {
        match input {
            Input::Alarm(change) => self.lay(Cord::Stats(stats::Input::Alarm(change))),
            Input::Api(input) => self.lay(Cord::Desk(desk::Input::Api(input))),
            Input::Change { reference, who, change, is_plan } => {
                let cord = self.change(changes::By::World(reference), who, change, is_plan);
                self.lay(cord);
            }
            Input::Client(input) => self.lay(Cord::Cti(cti::Input::Client(input))),
            Input::Configuration(configuration) => {
                self.lay(Cord::Directory(directory::Input::Replace(configuration)));
            }
            Input::Drain => self.is_draining = true,
            Input::Health(connections) => {
                self.lay(Cord::Desk(desk::Input::Health(connections)));
            }
            Input::Load(configuration) => {
                self.lay(Cord::Directory(directory::Input::Load(configuration)));
            }
            Input::Media(fact) => match fact {
                MediaFact::Described { .. } | MediaFact::Refused { .. } => {
                    self.lay(Cord::Signaling(signaling::Input::Media(fact)));
                }
                MediaFact::Announced { .. }
                | MediaFact::Digit { .. }
                | MediaFact::Flowing { .. }
                | MediaFact::Holds { .. }
                | MediaFact::Levels { .. }
                | MediaFact::Lost { .. } => self.lay(Cord::Switch(switch::Input::Media(fact))),
                MediaFact::Quality { leg, quality } => {
                    self.lay(Cord::Story(story::Input::Quality { leg, quality }));
                }
                MediaFact::Reached { leg, milestone, address } => {
                    let address = address.map(|address| address.to_string());
                    self.lay(Cord::Story(story::Input::Reached { leg, milestone, address }));
                }
            },
            Input::Recording(fact) => self.lay(Cord::Switch(switch::Input::Recording(fact))),
            Input::Sip(input) => self.lay(Cord::Signaling(signaling::Input::Sip(input))),
            Input::Stat(input) => self.lay(Cord::Stats(stats::Input::Stat(input))),
            Input::Webhook(answer) => self.lay(Cord::Routing(routing::Input::Webhook(answer))),
        }
        self.settle(now);
    }

    fn handle_timeout(&mut self, now: Now) {
        let Systems { cti, desk, directory, history: _, routing, signaling, stats, story, switch } =
            &mut self.systems;
        wake(signaling, now);
        wake(switch, now);
        wake(routing, now);
        wake(desk, now);
        wake(cti, now);
        wake(stats, now);
        if story.poll_timeout().is_some_and(|at| at <= now.instant) {
            let over: Vec<_> = story.unnamed().filter(|conn| !switch.has(*conn)).collect();
            over.into_iter().for_each(|conn| story.handle_input(now, story::Input::Ended(conn)));
            story.handle_timeout(now);
        }
        wake(directory, now);
        self.collect(now);
        self.settle(now);
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        let systems = &self.systems;
        [
            systems.cti.poll_timeout(),
            systems.desk.poll_timeout(),
            systems.directory.poll_timeout(),
            systems.routing.poll_timeout(),
            systems.signaling.poll_timeout(),
            systems.stats.poll_timeout(),
            systems.story.poll_timeout(),
            systems.switch.poll_timeout(),
        ]
        .into_iter()
        .flatten()
        .min()
    }
}

/// Tells a system that its time has come, when it has.
fn wake(system: &mut impl System, now: Now) {
    if system.poll_timeout().is_some_and(|at| at <= now.instant) {
        system.handle_timeout(now);
    }
}
