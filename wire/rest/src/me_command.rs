//! Bodies about a person: log-in, `POST /api/v2/me`, and the simulated customer.

use serde_json::Value;

use crate::{
    CREDENTIAL_BYTES_MAX, NUMBER_CHARS_MAX, Problem, SPEECH_CHARS_MAX, StateCommand,
    call_command::{object, word},
    state_command::state_operation,
};

/// `POST /api/v2/login`.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    /// Log-in name.
    pub user_name: String,
    /// As typed.
    pub password: String,
}

/// What is asked of `/api/v2/me`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MeCommand {
    /// EndContactCenterSession.
    End,
    /// StartContactCenterSession.
    Start(SessionStart),
    /// A state of all channels.
    State(StateCommand),
}

/// Where and for what a contact-centre session starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionStart {
    /// Media channels; at least one.
    pub channels: Vec<String>,
    /// The desk, when it is named.
    pub place: Option<String>,
    /// The agent's login code, when it is named.
    pub login_code: Option<String>,
    /// The queue to log in at, when it is named.
    pub queue: Option<String>,
}

/// `POST /api/demo/customer-call`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomerCall {
    /// The caller's number.
    pub ani: String,
    /// The number dialled.
    pub dnis: String,
    /// What the customer says.
    pub say: Option<String>,
}

impl std::fmt::Debug for Login {
    /// Without the password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Login({})", self.user_name)
    }
}

/// Reads `{"username","password"}`; `userName` will do as well.
///
/// # Errors
/// A [`Problem`] that says what is wrong with the body.
pub fn read_login(body: &[u8]) -> Result<Login, Problem> {
    let body = object(body)?;
    let user_name = word(&body, "username").or_else(|problem| {
        if body.contains_key("userName") { word(&body, "userName") } else { Err(problem) }
    })?;
    let password = word(&body, "password")?;
    for (name, text) in [("username", user_name), ("password", password)] {
        if text.len() > CREDENTIAL_BYTES_MAX {
            return Err(Problem::out_of_range(name, "is too long"));
        }
    }
    Ok(Login { user_name: user_name.to_owned(), password: password.to_owned() })
}

/// Reads `{"operationName":…}` of `/api/v2/me`.
///
/// # Errors
/// A [`Problem`] that says what is wrong with the body.
pub fn read_me_operation(body: &[u8]) -> Result<MeCommand, Problem> {
    let body = object(body)?;
    let operation = word(&body, "operationName")?;
    match operation {
        "EndContactCenterSession" => Ok(MeCommand::End),
        "StartContactCenterSession" => {
            let named = |name: &str| match body.get(name) {
                None | Some(Value::Null) => Ok(None),
                Some(_) => word(&body, name).map(|text| Some(text.to_owned())),
            };
            Ok(MeCommand::Start(SessionStart {
                channels: read_channels(body.get("channels"))?,
                place: named("place")?,
                login_code: named("loginCode")?,
                queue: named("queue")?,
            }))
        }
        _ => state_operation(operation, &body)?
            .map(MeCommand::State)
            .ok_or_else(|| Problem::unknown_operation(operation, OPERATIONS)),
    }
}

fn read_channels(channels: Option<&Value>) -> Result<Vec<String>, Problem> {
    let wrong = || Problem::out_of_range("channels", "must be an array of channel names");
    let Some(channels) = channels else { return Ok(vec!["voice".to_owned()]) };
    let channels = channels.as_array().ok_or_else(wrong)?;
    if channels.is_empty() || channels.len() > CHANNELS_MAX {
        return Err(wrong());
    }
    channels
        .iter()
        .map(|name| {
            name.as_str()
                .filter(|n| n.len() <= CHANNEL_BYTES_MAX)
                .map(str::to_owned)
                .ok_or_else(wrong)
        })
        .collect()
}

/// Reads `{"ani"?,"dnis"?,"say"?}`; what is missing is the demo site's known customer.
///
/// # Errors
/// A [`Problem`] that says what is wrong with the body.
pub fn read_customer_call(body: &[u8]) -> Result<CustomerCall, Problem> {
    let body = if body.is_empty() { serde_json::Map::new() } else { object(body)? };
    let number = |name: &str, usual: &str| {
        let text = match body.get(name) {
            None | Some(Value::Null) => usual,
            Some(_) => word(&body, name)?,
        };
        let fits = text.chars().count() <= NUMBER_CHARS_MAX
            && text.chars().all(|c| c.is_ascii_digit() || "+*#".contains(c));
        let wrong = || Problem::out_of_range(name, "must be a telephone number");
        if fits { Ok(text.to_owned()) } else { Err(wrong()) }
    };
    let say = body.get("say").and_then(Value::as_str).filter(|text| !text.is_empty());
    if say.is_some_and(|text| text.chars().count() > SPEECH_CHARS_MAX) {
        let limit = format!("must be at most {SPEECH_CHARS_MAX} characters");
        return Err(Problem::out_of_range("say", limit));
    }
    Ok(CustomerCall {
        ani: number("ani", "5551234567")?,
        dnis: number("dnis", "+18005551234")?,
        say: say.map(str::to_owned),
    })
}

const CHANNELS_MAX: usize = 16;
const CHANNEL_BYTES_MAX: usize = 32;
const OPERATIONS: &[&str] =
    &["StartContactCenterSession", "EndContactCenterSession", "Ready", "NotReady"];
