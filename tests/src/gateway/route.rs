//! The routes of the HTTP API with their functions and throttles, as `template.yaml` declares them.

use std::time::Duration;

use axum::http::Method;
use serde_json::{Map, Value};

use super::throttle::Limit;
use crate::template;

/// What AWS lets through where neither the route nor the stage says more: the account's rate and burst.
const OF_THE_ACCOUNT: Limit = Limit {
    per_second: 10_000,
    burst: 5_000,
};

/// All routes, and what else the template says of the functions.
pub(crate) struct Routes {
    routes: Vec<Route>,
    /// What a run of reconcile-orders may take, which has no route.
    scheduled: Duration,
}

/// One route.
#[derive(Debug)]
pub(crate) struct Route {
    /// As the template writes it: `GET /orders`.
    pub(crate) key: String,
    /// Any without it.
    method: Option<String>,
    segments: Vec<String>,
    /// The function's name: `get-order`.
    pub(crate) function: String,
    /// What an invocation of it may take, by Lambda.
    pub(crate) limit: Duration,
    /// How long API Gateway waits for it.
    pub(crate) patience: Duration,
    /// What is let through.
    pub(crate) throttle: Limit,
}

/// A route that takes a request, and what it took for its parameters.
pub(crate) struct Found<'a> {
    pub(crate) route: &'a Route,
    pub(crate) parameters: Map<String, Value>,
}

impl Routes {
    /// Those of the template.
    ///
    /// # Errors
    /// A sentence naming what cannot be found in it.
    pub(crate) fn of_template() -> Result<Self, String> {
        let template = template::template()?;
        let resources = template["Resources"].as_object();
        let resources = resources.ok_or("template.yaml has no Resources")?;
        let mut routes = Vec::new();
        for (name, resource) in resources {
            if resource["Type"] == "AWS::ApiGatewayV2::Route" {
                let route = Route::of(&template, &resource["Properties"]);
                routes.push(route.ok_or_else(|| {
                    format!("template.yaml: {name} leads to no function with a name and a Timeout")
                })?);
            }
        }
        let scheduled = limit(&template, "ReconcileOrders");
        Ok(Self {
            routes,
            scheduled: scheduled.ok_or("template.yaml: ReconcileOrders has no Timeout")?,
        })
    }

    /// What an invocation of a function may take, by Lambda.
    pub(crate) fn limit_of(&self, function: &str) -> Duration {
        let mut routes = self.routes.iter();
        let route = routes.find(|route| route.function == function);
        route.map_or(self.scheduled, |route| route.limit)
    }

    /// The route that takes a request; of several, the one that names more of the path, or the method.
    pub(crate) fn find(&self, method: &Method, path: &str) -> Option<Found<'_>> {
        let takes = self.routes.iter().filter_map(|route| {
            let parameters = route.takes(method, path)?;
            Some(Found { route, parameters })
        });
        takes.max_by_key(|found| {
            let named = found.route.segments.len() - found.parameters.len();
            (named, found.route.method.is_some())
        })
    }

    #[cfg(test)]
    pub(crate) fn all(&self) -> &[Route] {
        &self.routes
    }
}

impl Route {
    fn of(template: &Value, route: &Value) -> Option<Self> {
        let key = route["RouteKey"].as_str()?;
        let (method, path) = key.split_once(' ')?;
        let target = route["Target"]["Fn::Sub"].as_str()?;
        let integration = target.strip_prefix("integrations/${")?.strip_suffix('}')?;
        let integration = properties(template, integration);
        let alias = integration["IntegrationUri"]["Ref"].as_str()?;
        let resource = alias.strip_suffix(".Alias")?;
        let folder = properties(template, resource)["CodeUri"].as_str()?;
        let stage = properties(template, "ApiStage");
        let default = Limit::of(template, &stage["DefaultRouteSettings"], OF_THE_ACCOUNT);
        Some(Self {
            key: key.to_owned(),
            method: (method != "ANY").then(|| method.to_owned()),
            segments: segments(path).map(str::to_owned).collect(),
            function: folder.strip_prefix("functions/")?.to_owned(),
            limit: limit(template, resource)?,
            patience: Duration::from_millis(integration["TimeoutInMillis"].as_u64()?),
            throttle: match &stage["RouteSettings"][key] {
                Value::Null => default,
                // What it leaves out is the account's, not the stage's default.
                own => Limit::of(template, own, OF_THE_ACCOUNT),
            },
        })
    }

    /// Its parameters, as they are escaped in the path, if it takes the request. A slash at the end is no part of a path.
    fn takes(&self, method: &Method, path: &str) -> Option<Map<String, Value>> {
        if self.method.as_deref().is_some_and(|own| method != own) {
            return None;
        }
        let mut parameters = Map::new();
        let mut left = segments(path);
        for own in &self.segments {
            let segment = left.next()?;
            let parameter = own.strip_prefix('{').and_then(|own| own.strip_suffix('}'));
            match parameter {
                Some(name) if !segment.is_empty() => {
                    parameters.insert(name.to_owned(), segment.into());
                }
                None if own == segment => {}
                _ => return None,
            }
        }
        left.next().is_none().then_some(parameters)
    }
}

fn segments(path: &str) -> impl Iterator<Item = &str> {
    let path = path.strip_prefix('/').unwrap_or(path);
    path.strip_suffix('/').unwrap_or(path).split('/')
}

/// The Timeout of a function, in seconds.
fn limit(template: &Value, function: &str) -> Option<Duration> {
    let own = properties(template, function)["Timeout"].as_u64();
    let of_all = template["Globals"]["Function"]["Timeout"].as_u64();
    own.or(of_all).map(Duration::from_secs)
}

fn properties<'a>(template: &'a Value, resource: &str) -> &'a Value {
    &template["Resources"][resource]["Properties"]
}
