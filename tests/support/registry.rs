//! A registry in memory, at the wire: real requests over a socket, faults on demand, a record of what was asked.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

use axum::Router;
use axum::body::Body;
use axum::body::Bytes;
use axum::body::to_bytes;
use axum::extract::Request;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::Method;
use axum::http::StatusCode;
use axum::http::Uri;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gitlab_werf_executor::model::digest::Digest;
use gitlab_werf_executor::model::reference::Repository;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::net::TcpStream;

/// The one user of a registry that wants a login.
pub(crate) const USER: &str = "bot";
/// That user's password.
pub(crate) const PASSWORD: &str = "hunter2";
/// How many tags are on one page of the list.
const PAGE: usize = 3;

/// How the registry wants to know who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Login {
    /// Not at all.
    Nobody,
    /// A password with each request.
    Basic,
    /// A token, which only [`USER`] gets.
    Bearer,
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The answer is this status.
    Status(u16),
    /// The answer is 429, with `Retry-After: 0`.
    TooMany,
    /// The content is other content of the same length.
    Lie,
    /// The content breaks off.
    BreakOff,
    /// The answer is 500 with a body that never ends.
    Endless,
}

#[derive(Default)]
struct Content {
    blobs: BTreeMap<Digest, Bytes>,
    manifests: BTreeMap<Digest, (String, Bytes)>,
    tags: BTreeMap<String, Digest>,
}

struct Shared {
    login: Login,
    deletes_tags: bool,
    repositories: BTreeMap<String, Content>,
    /// Method, a part of the path, the fault and how often it still happens.
    faults: Vec<(Method, &'static str, Fault, usize)>,
    asked: Vec<String>,
    address: Option<SocketAddr>,
}

/// A registry in memory; it ends with the test's runtime.
#[derive(Clone)]
pub(crate) struct FakeRegistry(Arc<Mutex<Shared>>);

impl FakeRegistry {
    /// Starts a registry on a port of its own.
    pub(crate) async fn start(login: Login) -> Self {
        let shared = Shared {
            login,
            deletes_tags: false,
            repositories: BTreeMap::new(),
            faults: Vec::new(),
            asked: Vec::new(),
            address: None,
        };
        let registry = Self(Arc::new(Mutex::new(shared)));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        registry.shared().address = Some(listener.local_addr().unwrap());
        let app = Router::new().fallback(handle).with_state(registry.clone());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        registry
    }

    /// `localhost:PORT`, which is spoken to in plain http.
    pub(crate) fn host(&self) -> String {
        format!("localhost:{}", self.shared().address.unwrap().port())
    }

    pub(crate) fn repository(&self, path: &str) -> Repository {
        format!("{}/{path}", self.host()).parse().unwrap()
    }

    /// Lets the next `times` requests with that method and that part of the path go wrong.
    pub(crate) fn fail(&self, method: Method, path: &'static str, fault: Fault, times: usize) {
        self.shared().faults.push((method, path, fault, times));
    }

    /// Lets the registry delete tags by name, as newer ones do.
    pub(crate) fn delete_tags(&self) {
        self.shared().deletes_tags = true;
    }

    /// `METHOD /path` of all requests since the last call.
    pub(crate) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.shared().asked)
    }

    /// A front of this registry that resets the first `times` connections after `bytes` bytes from the client.
    pub(crate) async fn resetting(&self, bytes: usize, times: usize) -> Repository {
        let behind = self.shared().address.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let left = Arc::new(AtomicUsize::new(times));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(forward(client, behind, bytes, Arc::clone(&left)));
            }
        });
        format!("localhost:{port}/app").parse().unwrap()
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.0.lock().unwrap()
    }

    fn fault(&self, method: &Method, path: &str) -> Option<Fault> {
        let mut shared = self.shared();
        let fits =
            |fault: &&mut (Method, &str, Fault, usize)| fault.0 == *method && path.contains(fault.1) && fault.3 > 0;
        let fault = shared.faults.iter_mut().find(fits)?;
        fault.3 -= 1;
        Some(fault.2)
    }
}

async fn forward(mut client: TcpStream, behind: SocketAddr, bytes: usize, left: Arc<AtomicUsize>) {
    let mut server = TcpStream::connect(behind).await.unwrap();
    let mut seen = 0;
    let (mut up, mut down) = (vec![0; 8192], vec![0; 8192]);
    loop {
        tokio::select! {
            count = client.read(&mut up) => {
                let count = count.unwrap_or(0);
                seen += count;
                let reset = seen > bytes && left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
                if reset || count == 0 || server.write_all(&up[..count]).await.is_err() {
                    return;
                }
            }
            count = server.read(&mut down) => {
                let count = count.unwrap_or(0);
                if count == 0 || client.write_all(&down[..count]).await.is_err() {
                    return;
                }
            }
        }
    }
}

async fn handle(State(registry): State<FakeRegistry>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path().to_owned();
    let query = parts.uri.query().unwrap_or_default().to_owned();
    registry.shared().asked.push(format!("{} {path}", parts.method));
    if path == "/token" {
        return token(&parts.headers, &query);
    }
    if let Some(refusal) = registry.refusal(&parts.method, &path, &parts.headers) {
        return refusal;
    }
    let Ok(body) = to_bytes(body, 1 << 30).await else { return answer(StatusCode::BAD_REQUEST, "") };
    let fault = registry.fault(&parts.method, &path);
    match fault {
        Some(Fault::Status(status)) => return answer(StatusCode::from_u16(status).unwrap(), ""),
        Some(Fault::TooMany) => return with(answer(StatusCode::TOO_MANY_REQUESTS, ""), "retry-after", "0"),
        Some(Fault::Endless) => {
            let endless = futures_util::stream::repeat_with(|| Ok::<_, io::Error>(Bytes::from_static(&[b'x'; 4096])));
            return Response::builder().status(500).body(Body::from_stream(endless)).unwrap();
        }
        _ => {}
    }
    let response = registry.serve(&parts.method, &parts.uri, &parts.headers, body);
    match fault {
        Some(Fault::Lie) => lie(response).await,
        Some(Fault::BreakOff) => break_off(response).await,
        _ => response,
    }
}

async fn lie(response: Response) -> Response {
    let (parts, body) = response.into_parts();
    let content = to_bytes(body, 1 << 30).await.unwrap();
    Response::from_parts(parts, Body::from(vec![b' '; content.len()]))
}

async fn break_off(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let content = to_bytes(body, 1 << 30).await.unwrap();
    parts.headers.insert("content-length", content.len().into());
    let half = content.slice(..content.len() / 2);
    let pieces = [Ok(half), Err(io::Error::from(io::ErrorKind::ConnectionReset))];
    Response::from_parts(parts, Body::from_stream(futures_util::stream::iter(pieces)))
}

impl FakeRegistry {
    /// The answer to somebody who may not ask this.
    fn refusal(&self, method: &Method, path: &str, headers: &HeaderMap) -> Option<Response> {
        let given = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let login = self.shared().login;
        let (allowed, challenge) = match login {
            Login::Nobody => (true, String::new()),
            Login::Basic => (given == basic(), "Basic realm=\"fake\"".to_owned()),
            Login::Bearer => {
                let action = if *method == Method::DELETE {
                    "delete"
                } else if *method == Method::GET || *method == Method::HEAD {
                    "pull"
                } else {
                    "push"
                };
                let token = given.strip_prefix("Bearer ").and_then(|token| STANDARD.decode(token).ok());
                let scopes = String::from_utf8(token.unwrap_or_default()).unwrap();
                let repository = path.trim_start_matches("/v2/").split('/').next().unwrap_or_default();
                let scope = scopes.split(' ').find(|scope| scope.starts_with(&format!("repository:{repository}:")));
                let allowed = scope.is_some_and(|scope| scope.contains(action)) || path == "/v2/";
                (allowed, format!("Bearer realm=\"http://{}/token\",service=\"fake\"", self.host()))
            }
        };
        let body = r#"{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}"#;
        (!allowed).then(|| with(answer(StatusCode::UNAUTHORIZED, body), "www-authenticate", &challenge))
    }

    fn serve(&self, method: &Method, uri: &Uri, headers: &HeaderMap, body: Bytes) -> Response {
        let path = uri.path().trim_start_matches("/v2/");
        let query = uri.query().unwrap_or_default();
        if let Some(repository) = path.strip_suffix("/tags/list") {
            return self.list(repository, query);
        }
        if let Some((repository, name)) = path.split_once("/manifests/") {
            return self.manifest(method, (repository, name), headers, body);
        }
        if let Some((repository, _)) = path.split_once("/blobs/uploads") {
            return self.upload(method, repository, query, body);
        }
        let Some((repository, digest)) = path.split_once("/blobs/") else { return answer(StatusCode::NOT_FOUND, "") };
        let shared = self.shared();
        let content = shared.repositories.get(repository);
        match digest.parse().ok().and_then(|digest| content?.blobs.get(&digest)) {
            Some(blob) => answer(StatusCode::OK, blob.clone()),
            None => answer(StatusCode::NOT_FOUND, ""),
        }
    }

    fn list(&self, repository: &str, query: &str) -> Response {
        let shared = self.shared();
        let Some(content) = shared.repositories.get(repository) else { return answer(StatusCode::NOT_FOUND, "") };
        let last = query.split('&').find_map(|pair| pair.strip_prefix("last=")).unwrap_or_default();
        let after: Vec<_> = content.tags.keys().filter(|tag| tag.as_str() > last).take(PAGE + 1).cloned().collect();
        let page = &after[..after.len().min(PAGE)];
        let response = answer(StatusCode::OK, serde_json::json!({ "name": repository, "tags": page }).to_string());
        if after.len() <= PAGE {
            return response;
        }
        let link = format!("</v2/{repository}/tags/list?n={PAGE}&last={}>; rel=\"next\"", page[PAGE - 1]);
        with(response, "link", &link)
    }

    fn manifest(
        &self,
        method: &Method,
        (repository, name): (&str, &str),
        headers: &HeaderMap,
        body: Bytes,
    ) -> Response {
        let mut shared = self.shared();
        let deletes_tags = shared.deletes_tags;
        let content = shared.repositories.entry(repository.to_owned()).or_default();
        let digest = name.parse().ok().or_else(|| content.tags.get(name).copied());
        if *method == Method::PUT {
            let digest = Digest::of(&body);
            if name.parse::<Digest>().is_err() {
                content.tags.insert(name.to_owned(), digest);
            }
            let media_type = headers["content-type"].to_str().unwrap().to_owned();
            content.manifests.insert(digest, (media_type, body));
            return with(answer(StatusCode::CREATED, ""), "docker-content-digest", &digest.to_string());
        }
        let Some(digest) = digest.filter(|digest| content.manifests.contains_key(digest)) else {
            return answer(StatusCode::NOT_FOUND, "");
        };
        if *method == Method::DELETE {
            if name.parse::<Digest>().is_err() {
                if !deletes_tags {
                    return answer(StatusCode::METHOD_NOT_ALLOWED, r#"{"errors":[{"code":"UNSUPPORTED"}]}"#);
                }
                content.tags.remove(name);
                return answer(StatusCode::ACCEPTED, "");
            }
            content.manifests.remove(&digest);
            content.tags.retain(|_, tagged| *tagged != digest);
            return answer(StatusCode::ACCEPTED, "");
        }
        let (media_type, bytes) = content.manifests[&digest].clone();
        let response = with(answer(StatusCode::OK, bytes), "docker-content-digest", &digest.to_string());
        with(response, "content-type", &media_type)
    }

    fn upload(&self, method: &Method, repository: &str, query: &str, body: Bytes) -> Response {
        let mut shared = self.shared();
        let field = |name: &str| {
            let value = query.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}=")))?;
            Some(value.replace("%3A", ":").replace("%2F", "/"))
        };
        if *method == Method::POST {
            let wanted = field("mount").and_then(|digest| digest.parse::<Digest>().ok());
            let from = field("from").and_then(|from| shared.repositories.get(&from));
            let blob = wanted.and_then(|digest| Some((digest, from?.blobs.get(&digest)?.clone())));
            let content = shared.repositories.entry(repository.to_owned()).or_default();
            if let Some((digest, blob)) = blob {
                content.blobs.insert(digest, blob);
                return answer(StatusCode::CREATED, "");
            }
            return with(
                answer(StatusCode::ACCEPTED, ""),
                "location",
                &format!("/v2/{repository}/blobs/uploads/1?state=x"),
            );
        }
        if *method == Method::DELETE {
            return answer(StatusCode::NO_CONTENT, "");
        }
        let digest = Digest::of(&body);
        if field("digest") != Some(digest.to_string()) || field("state").is_none() {
            return answer(StatusCode::BAD_REQUEST, r#"{"errors":[{"code":"DIGEST_INVALID"}]}"#);
        }
        shared.repositories.entry(repository.to_owned()).or_default().blobs.insert(digest, body);
        answer(StatusCode::CREATED, "")
    }

    /// The tags of a repository, behind the wire.
    pub(crate) fn tags(&self, repository: &str) -> BTreeSet<String> {
        self.shared()
            .repositories
            .get(repository)
            .map(|content| content.tags.keys().cloned().collect())
            .unwrap_or_default()
    }
}

/// Names in the token what was asked for; the registry reads it again.
fn token(headers: &HeaderMap, query: &str) -> Response {
    if headers.get("authorization") != Some(&basic().parse().unwrap()) {
        return answer(StatusCode::UNAUTHORIZED, "");
    }
    let scopes: Vec<_> = query.split('&').filter_map(|pair| pair.strip_prefix("scope=")).collect();
    let token = STANDARD.encode(scopes.join(" ").replace("%3A", ":").replace("%2C", ",").replace("%2F", "/"));
    answer(StatusCode::OK, format!(r#"{{"token":"{token}","expires_in":300}}"#))
}

fn basic() -> String {
    format!("Basic {}", STANDARD.encode(format!("{USER}:{PASSWORD}")))
}

fn answer(status: StatusCode, body: impl Into<Body>) -> Response {
    Response::builder().status(status).body(body.into()).unwrap()
}

fn with(mut response: Response, name: &'static str, value: &str) -> Response {
    response.headers_mut().insert(name, value.parse().unwrap());
    response
}
