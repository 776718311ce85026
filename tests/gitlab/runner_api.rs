//! The API that a Runner talks to (`reference/executor.md` part 2), and the repositories beside it.

use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::body::Body;
use axum::body::Bytes;
use axum::extract::DefaultBodyLimit;
use axum::extract::Multipart;
use axum::extract::Path;
use axum::extract::State as Shared;
use axum::http::HeaderMap;
use axum::http::Response;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::any;
use axum::routing::patch;
use axum::routing::post;
use axum::routing::put;
use serde_json::Value;
use serde_json::json;

use super::Server;
use super::git_http;
use super::payload;
use super::state::Cancel;
use super::state::Job;
use super::state::Status;

type Answer = Response<Body>;

/// Git clients of the tests only fetch: what they send is small.
const MAX_GIT_BODY: usize = 16 << 20;

pub(crate) fn router(server: Arc<Server>) -> Router {
    Router::new()
        .route("/api/v4/jobs/request", post(request))
        .route("/api/v4/jobs/{id}/trace", patch(trace))
        .route("/api/v4/jobs/{id}", put(update))
        .route("/api/v4/jobs/{id}/artifacts", post(upload).get(download))
        .route("/api/v4/runners/verify", post(async || StatusCode::OK))
        .route("/{group}/{name}/{*path}", any(git))
        .layer(DefaultBodyLimit::max(1 << 30))
        .with_state(server)
}

/// Hands out the oldest pending job.
async fn request(Shared(server): Shared<Arc<Server>>, Json(body): Json<Value>) -> Answer {
    if body["token"] != server.runner_token.as_str() {
        return StatusCode::FORBIDDEN.into_response();
    }
    let mut state = server.state.lock().unwrap();
    let Some(id) = state.jobs.values().find(|job| job.status == Status::Pending && is_ours(job)).map(|job| job.id)
    else {
        return StatusCode::NO_CONTENT.into_response();
    };
    let job = state.jobs.get_mut(&id).expect("the job just found");
    job.status = Status::Running;
    job.started = Some(std::time::Instant::now());
    let answer = payload::job(&state, &state.jobs[&id], &server.url);
    drop(state);
    server.changed();
    (StatusCode::CREATED, Json(answer)).into_response()
}

/// The Runner of the tests carries the tag `werf` and takes untagged jobs too.
fn is_ours(job: &Job) -> bool {
    job.spec.tags.iter().all(|tag| tag == "werf")
}

/// Appends to a job's log; the range must continue where the log ends.
async fn trace(Shared(server): Shared<Arc<Server>>, Path(id): Path<u64>, headers: HeaderMap, body: Bytes) -> Answer {
    let answer = with_job(&server, id, token(&headers), |job| {
        let range = headers.get("content-range").and_then(|range| range.to_str().ok()).unwrap_or("");
        let from: Option<usize> = range.split('-').next().and_then(|from| from.parse().ok());
        let status = if from == Some(job.trace.len()) {
            job.trace.extend_from_slice(&body);
            StatusCode::ACCEPTED
        } else {
            StatusCode::RANGE_NOT_SATISFIABLE
        };
        with_status(job, status, Some(job.trace.len()))
    });
    server.changed();
    answer
}

/// The job's new state, or a sign of life.
async fn update(Shared(server): Shared<Arc<Server>>, Path(id): Path<u64>, Json(body): Json<Value>) -> Answer {
    let token = body["token"].as_str().unwrap_or("").to_owned();
    let answer = with_job(&server, id, &token, |job| {
        let state = body["state"].as_str().unwrap_or("");
        if matches!(state, "success" | "failed") && !job.status.is_final() {
            check_output(job, &body["output"]);
            finish(job, state, &body);
        }
        with_status(job, StatusCode::OK, None)
    });
    server.after_job(id);
    answer
}

fn finish(job: &mut Job, state: &str, body: &Value) {
    job.status = match (job.cancel, state) {
        (Some(_), _) => Status::Canceled,
        (None, "success") => Status::Success,
        (None, _) => Status::Failed,
    };
    job.failure_reason = body["failure_reason"].as_str().map(str::to_owned);
    job.exit_code = body["exit_code"].as_i64();
    job.seconds = job.started.map_or(0.0, |started| started.elapsed().as_secs_f64());
}

/// What newer Runners say of the log must be true of what arrived.
fn check_output(job: &mut Job, output: &Value) {
    if let Some(size) = output["bytesize"].as_u64()
        && size != job.trace.len() as u64
    {
        job.complaints.push(format!("the Runner says {size} bytes of log, {} arrived", job.trace.len()));
    }
    let crc = format!("crc32:{:08x}", crc32fast::hash(&job.trace));
    if let Some(said) = output["checksum"].as_str()
        && said != crc
    {
        job.complaints.push(format!("the Runner says {said}, the log has {crc}"));
    }
}

async fn upload(
    Shared(server): Shared<Arc<Server>>,
    Path(id): Path<u64>,
    headers: HeaderMap,
    mut form: Multipart,
) -> Answer {
    let mut file = None;
    while let Ok(Some(field)) = form.next_field().await {
        if field.name() == Some("file") {
            let name = field.file_name().unwrap_or("artifacts.zip").to_owned();
            file = field.bytes().await.ok().map(|bytes| (name, bytes.to_vec()));
        }
    }
    if file.is_none() {
        return StatusCode::BAD_REQUEST.into_response();
    }
    with_job(&server, id, token(&headers), |job| {
        job.artifacts = file;
        (StatusCode::CREATED, Json(json!({"message": "201 Created"}))).into_response()
    })
}

async fn download(Shared(server): Shared<Arc<Server>>, Path(id): Path<u64>, headers: HeaderMap) -> Answer {
    with_job(&server, id, token(&headers), |job| match &job.artifacts {
        Some((_, bytes)) => bytes.clone().into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    })
}

/// A git client: it must show the token of a job of that project which is not over.
async fn git(
    Shared(server): Shared<Arc<Server>>,
    Path((group, name, path)): Path<(String, String, String)>,
    request: axum::extract::Request,
) -> Answer {
    let project_path = format!("{group}/{}", name.trim_end_matches(".git"));
    let Some(password) = git_http::password(request.headers()) else {
        return (StatusCode::UNAUTHORIZED, [("www-authenticate", "Basic realm=\"GitLab\"")]).into_response();
    };
    let Some(repository) = server.readable_repository(&project_path, &password) else {
        return StatusCode::FORBIDDEN.into_response();
    };
    let (head, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, MAX_GIT_BODY).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let query = head.uri.query().unwrap_or_default().to_owned();
    let request = git_http::Request { method: head.method.to_string(), path, query, headers: head.headers, body };
    git_http::serve(&repository, request).await
}

fn token(headers: &HeaderMap) -> &str {
    headers.get("job-token").and_then(|token| token.to_str().ok()).unwrap_or("")
}

fn with_job(server: &Server, id: u64, token: &str, act: impl FnOnce(&mut Job) -> Answer) -> Answer {
    let mut state = server.state.lock().unwrap();
    match state.jobs.get_mut(&id) {
        None => StatusCode::NOT_FOUND.into_response(),
        Some(job) if job.token != token => StatusCode::FORBIDDEN.into_response(),
        Some(job) => act(job),
    }
}

/// The headers by which GitLab tells a Runner how the job stands and how often to report.
fn with_status(job: &Job, code: StatusCode, size: Option<usize>) -> Answer {
    let status = match job.cancel {
        Some(Cancel::Gracefully) => "canceling",
        Some(Cancel::AtOnce) => "canceled",
        None if job.status.is_final() => "success",
        None => "running",
    };
    let mut response =
        Response::builder().status(code).header("Job-Status", status).header("X-GitLab-Trace-Update-Interval", "1");
    if let Some(size) = size {
        response = response.header("Range", format!("0-{size}"));
    }
    response.body(Body::empty()).expect("a response")
}
