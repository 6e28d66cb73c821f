//! `/api/openapi.json`: the published description of every resource, for whoever asks.

use model::api::{ApiId, ApiOutput, ApiResponse};

use crate::Desk;

impl Desk {
    pub(crate) fn open_api(&mut self, id: ApiId) {
        let headers = vec![("content-type".into(), "application/json".into())];
        let body = DESCRIPTION.as_bytes().to_vec();
        self.meter.response(200);
        self.say(ApiOutput::Response(ApiResponse { id, status: 200, headers, body }));
    }
}

const DESCRIPTION: &str = include_str!("openapi.json");

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::DESCRIPTION;
    use crate::router;

    #[test]
    fn every_path_that_is_described_is_routed_and_the_other_way_round() {
        let description: Value = serde_json::from_str(DESCRIPTION).unwrap();
        let described: BTreeSet<(String, String)> = description["paths"]
            .as_object()
            .unwrap()
            .iter()
            .flat_map(|(path, methods)| {
                let methods = methods.as_object().unwrap().keys();
                methods
                    .filter(|key| *key != "parameters")
                    .map(move |method| (path.clone(), method.to_uppercase()))
            })
            .collect();
        let routed: BTreeSet<(String, String)> =
            router::all().map(|(path, method)| (path.to_owned(), method.to_owned())).collect();
        assert_eq!(described, routed);
    }

    #[test]
    fn every_reference_in_the_description_leads_somewhere() {
        let description: Value = serde_json::from_str(DESCRIPTION).unwrap();
        for reference in DESCRIPTION.split("\"$ref\": \"#").skip(1) {
            let pointer = reference.split('"').next().unwrap();
            assert!(description.pointer(pointer).is_some(), "{pointer}");
        }
        assert_eq!(description["openapi"], "3.1.0");
    }
}
