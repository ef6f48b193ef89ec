// Every question the page asks: the route, the query it may carry, and the fields it reads with their types. What is not
// named here does not reach the page, so a test can hold the page against the API's own description. `nothing` are statuses
// that mean that there is nothing to show, 404 if left out. Below the next line it is strict JSON.
export default {
  "chains": {
    "path": "/v1/chains",
    "query": [],
    "reads": [{
      "chain": "string", "name": "string",
      "status": {
        "height": "integer", "final_height": "integer", "final_size": "integer", "size": "integer", "chain_time": "string",
        "serving": "boolean", "halted": "string?"
      }
    }]
  },
  "totals": {
    "path": "/v1/chains/{chain}/totals",
    "query": [],
    "reads": { "totals": [{ "disease": "string", "counts": { "confirmed": "integer" } }] }
  },
  "days": {
    "path": "/v1/chains/{chain}/days",
    "query": ["disease", "from", "limit"],
    "reads": { "days": [{ "date": "string", "counts": { "confirmed": "integer" } }] }
  },
  "days_of_region": {
    "path": "/v1/chains/{chain}/forecasting/days",
    "query": ["disease", "region", "from", "limit"],
    "reads": { "days": [{ "date": "string", "confirmed": "integer" }] }
  },
  "forecasts": {
    "path": "/v1/chains/{chain}/forecasting/forecasts",
    "query": ["disease", "region"],
    "reads": {
      "forecasts": [{
        "event_id": "string", "region": "string", "model": "string", "cadence": "string", "reference_date": "string",
        "steps": [{ "date": "string", "median_milli": "integer", "low95_milli": "integer", "high95_milli": "integer" }]
      }]
    }
  },
  "assessments": {
    "path": "/v1/chains/{chain}/forecasting/assessments",
    "query": ["disease", "region"],
    "reads": {
      "assessments": [{
        "disease": "string", "region": "string", "day": "string", "stage": "string", "level": "string?", "rule": "string",
        "index_milli": "integer"
      }]
    }
  },
  "capacity": {
    "path": "/v1/chains/{chain}/medical-resources/capacity",
    "query": ["resource"],
    "reads": {
      "totals": [{
        "resource": "string", "group": "string", "facilities": "integer", "staffed": "integer", "occupied": "integer",
        "reserved": "integer", "available": "integer", "overcommitted": "integer", "stale_facilities": "integer",
        "stale_staffed": "integer"
      }]
    }
  },
  "beds": {
    "path": "/v1/chains/{chain}/beds",
    "query": ["facility", "resource", "limit"],
    "reads": {
      "beds": [{
        "facility": "string", "resource": "string", "staffed": "integer", "occupied": "integer", "reserved": "integer",
        "available": "integer", "observed_at": "string", "stale": "boolean", "event_id": "string"
      }],
      "next": "string?"
    }
  },
  "demand": {
    "path": "/v1/chains/{chain}/forecasting/demand",
    "query": ["disease", "resource"],
    "nothing": [400, 404],
    "reads": {
      "regions": [{
        "region": "string", "forecast": "string?", "beds": "integer?", "short_at_the_earliest": "string?",
        "short_as_expected": "string?", "filled": [{ "date": "string" }]
      }]
    }
  },
  "sums": {
    "path": "/v1/chains/{chain}/stock/sums",
    "query": ["item"],
    "reads": {
      "items": [{
        "item": "string", "received": "integer", "found": "integer", "held": "integer", "reserved": "integer", "in_transit": "integer", "disputed": "integer",
        "used": "integer", "spent": "integer", "wasted": "integer", "missing": "integer", "lost": "integer",
        "closes": "boolean"
      }]
    }
  },
  "supply": {
    "path": "/v1/chains/{chain}/stock/supply",
    "query": ["disease", "region", "lead_days", "margin_days", "item"],
    "nothing": [404, 503],
    "reads": {
      "without_forecast": "string?",
      "items": [{
        "item": "string", "free": "integer", "reorder_at": "integer", "order_now": "boolean",
        "courses": [{ "course": "string", "days_of_supply": "integer?" }]
      }]
    }
  },
  "items": {
    "path": "/v1/chains/{chain}/items",
    "query": [],
    "reads": { "items": [{ "item": "string", "title": "string", "unit": "string" }] }
  },
  "requests": {
    "path": "/v1/chains/{chain}/requests",
    "query": ["limit"],
    "reads": {
      "requests": [{
        "event_id": "string", "facility": "string", "item": "string", "asked": "integer", "committed": "integer",
        "dispatched": "integer", "received": "integer", "short": "integer", "needed_by": "string", "state": "string"
      }],
      "next": "string?"
    }
  },
  "discrepancies": {
    "path": "/v1/chains/{chain}/discrepancies",
    "query": ["limit"],
    "reads": {
      "discrepancies": [{
        "hand_over_proof": "string", "take_over_proof": "string", "from": "string", "to": "string",
        "given": { "item": "string", "lot": "string", "quantity": "integer" },
        "taken": { "item": "string", "lot": "string", "quantity": "integer" },
        "disputed": "integer", "excess": "integer", "settled": "string?"
      }],
      "next": "string?"
    }
  },
  "donations": {
    "path": "/v1/chains/{chain}/donations",
    "query": ["code", "limit"],
    "reads": {
      "donations": [{
        "event_id": "string", "proof": "string", "gift_proof": "string", "item": "string", "purpose": "string", "pledged": "integer",
        "received": "integer", "found": "integer", "held": "integer", "in_transit": "integer", "disputed": "integer",
        "used": "integer", "spent": "integer", "wasted": "integer", "missing": "integer", "lost": "integer"
      }],
      "next": "string?"
    }
  },
  "steps": {
    "path": "/v1/chains/{chain}/stock/moves",
    "query": ["donation", "limit"],
    "reads": {
      "moves": [{
        "kind": "string", "member": "string", "chain_time": "string", "on_hand": "integer?", "event_id": "string",
        "proof": "string"
      }],
      "next": "string?"
    }
  },
  "event": {
    "path": "/v1/chains/{chain}/events/{id}",
    "query": []
  },
  "alerts": {
    "path": "/v1/alerts",
    "query": ["limit", "cursor"],
    "reads": {
      "alerts": [{
        "id": "string", "sequence": "integer", "chain": "string", "origin": "string", "kind": "string", "level": "string",
        "state": "string", "headline": "string", "sent_at": "string", "disease": { "code": "string", "name": "string" }
      }],
      "next": "string?"
    }
  },
  "alert": {
    "path": "/v1/alerts/{id}",
    "query": ["chain"]
  },
  "feed": {
    "path": "/v1/alerts/stream",
    "query": ["after"]
  },
  "cap": {
    "path": "/v1/alerts/{id}.cap",
    "query": ["chain"]
  }
}
